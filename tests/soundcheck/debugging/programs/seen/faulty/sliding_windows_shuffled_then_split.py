"""Age from the pulse wave: validation looks fair, yet for people who are new it is no better than the mean."""
# fault: data_leak
# why: sliding windows of a person are shuffled before validation_split cuts off the last ones.

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.default_rng(4)
rows, ages = [], []
time = np.arange(120)
for _ in range(36):
    shape = rng.normal(size=3) @ np.sin(rng.uniform(0.05, 0.2, 3)[:, None] * time + rng.uniform(0, 6, (3, 1)))
    wave = rng.normal() + 0.5 * shape + 0.05 * rng.normal(size=120)
    cut = np.lib.stride_tricks.sliding_window_view(wave, 30)[::2]
    rows.append(cut)
    ages.append(np.full(len(cut), rng.uniform(20, 80)))
X, y = np.concatenate(rows), np.concatenate(ages)
X = (X - X.mean()) / X.std()
y = (y - 50) / 17

order = rng.permutation(len(X))
X, y = X[order], y[order]

keras.utils.set_random_seed(4)
inputs = keras.Input(shape=(30,))
hidden = layers.Dense(128, activation="relu")(inputs)
hidden = layers.Dense(64, activation="relu")(hidden)
model = keras.Model(inputs, layers.Dense(1)(hidden))
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mae")
history = model.fit(X, y, validation_split=0.2, epochs=80, batch_size=32, verbose=0)
print(history.history["val_loss"][-1])
