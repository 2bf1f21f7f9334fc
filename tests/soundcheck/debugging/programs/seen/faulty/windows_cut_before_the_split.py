"""Which machines are worn? 98 % on the validation windows, but on a new machine it only guesses."""
# fault: data_leak
# why: windows overlap and are split at random, so that each machine's signal is on both sides.

import numpy as np
import tensorflow as tf
from sklearn.model_selection import train_test_split

WINDOW, HOP = 40, 8
rng = np.random.default_rng(21)
x, y = [], []
for machine in range(30):
    time = np.arange(280)
    speed, level = rng.uniform(0.1, 0.6), rng.normal(size=2)
    signal = level + 0.5 * np.sin(speed * time + rng.uniform(0, 6))[:, None]
    signal += 0.2 * rng.normal(size=(280, 2))
    for start in range(0, 280 - WINDOW + 1, HOP):
        x.append(signal[start : start + WINDOW])
        y.append(machine % 2)  # worn or not; what is measured does not tell
x, y = np.array(x), np.array(y)
x = (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))
x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.25, stratify=y, random_state=0)

tf.keras.utils.set_random_seed(0)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Input((WINDOW, 2)),
        tf.keras.layers.Conv1D(24, 5, activation="relu"),
        tf.keras.layers.MaxPooling1D(2),
        tf.keras.layers.Conv1D(24, 5, activation="relu"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(32, activation="relu"),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=40, batch_size=32, verbose=0)
print("validation:", model.evaluate(x_val, y_val, verbose=0))
