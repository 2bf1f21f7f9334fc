"""LSTM on accelerometer data stays near 40 %, while even a logistic regression on the raw window does better."""
# fault: wrong_axis
# why: the windows are (channels, time); the LSTM takes 3 steps with 60 features each, and is tiny.

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(1)
n, steps = 450, 60
t = np.arange(steps) / steps
label = rng.integers(0, 3, n)
windows = np.empty((n, 3, steps), "float32")
for i in range(n):
    frequency = (1.0, 2.0, 3.0)[label[i]]
    for axis in range(3):
        phase = rng.uniform(0, 2 * np.pi)
        windows[i, axis] = np.sin(2 * np.pi * frequency * t + phase) + rng.normal(0, 0.05, steps)

tf.keras.utils.set_random_seed(3)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Input(shape=(3, steps)),
        tf.keras.layers.LSTM(8),
        tf.keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(windows, label, epochs=12, batch_size=32, validation_split=0.2, verbose=0)
print(model.evaluate(windows, label, verbose=0))
