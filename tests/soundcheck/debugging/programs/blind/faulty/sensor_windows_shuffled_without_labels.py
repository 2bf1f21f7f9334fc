"""Activity recognition from 3-axis accelerometer windows (walk / run / rest / stairs) with a
Conv1D network. The classes look completely different when I plot them, but the network learns nothing."""
# fault: labels_unrelated
# why: windows and labels are shuffled independently of each other; test accuracy 0.24 with the fault, 1.00 with one common permutation.
import numpy as np
import keras
from keras.layers import Conv1D, Dense, GlobalMaxPooling1D, Input, MaxPooling1D

keras.utils.set_random_seed(42)
np.random.seed(42)

T = 64
FREQ = {0: 2.0, 1: 5.0, 2: 0.0, 3: 3.2}
AMP = {0: 1.0, 1: 1.6, 2: 0.0, 3: 0.8}


def record(kind):
    s = np.linspace(0, 2, T)
    phase = np.random.rand() * 2 * np.pi
    base = AMP[kind] * np.sin(2 * np.pi * FREQ[kind] * s + phase)
    w = np.stack([base, 0.5 * np.roll(base, 4), 0.2 * base + (0.6 if kind == 3 else 0.0)], axis=-1)
    return w + np.random.normal(0, 0.3, w.shape)


labels = np.repeat(np.arange(4), 300)
windows = np.array([record(k) for k in labels], dtype="float32")

# mix the classes before splitting
np.random.shuffle(windows)
np.random.shuffle(labels)

n_train = 900
x_train, y_train = windows[:n_train], labels[:n_train]
x_test, y_test = windows[n_train:], labels[n_train:]

model = keras.Sequential()
model.add(Input((T, 3)))
model.add(Conv1D(16, 7, activation="relu"))
model.add(MaxPooling1D(2))
model.add(Conv1D(32, 5, activation="relu"))
model.add(GlobalMaxPooling1D())
model.add(Dense(4, activation="softmax"))

model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=12, batch_size=32,
          validation_data=(x_test, y_test), verbose=0)
print("accuracy on test windows:", model.evaluate(x_test, y_test, verbose=0)[1])
