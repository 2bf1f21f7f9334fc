"""
Activity recognition from phone sensor windows with a 1D CNN. The file gives me the windows as (samples, channels, time).
I brought them into the (samples, time, channels) form Conv1D wants, but I remain far below what
others report for such data. Filters, kernel size, dropout: no change.
"""
# fault: wrong_axis or layer_misuse
# why: reshape in place of transpose mixes channels and time: accuracy 0.55 so, 1.00 with transpose(0, 2, 1)
# after: How to Develop 1D Convolutional Neural Network Models for Human Activity Recognition
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(17)
tf.random.set_seed(17)
n, channels, steps, classes = 1500, 6, 60, 4
y = rng.integers(0, classes, n)
t = np.arange(steps)
windows = np.empty((n, channels, steps))
for i in range(n):
    f = rng.uniform(0.15, 0.6)
    ph = rng.uniform(0, 6.28)
    for c in range(channels):
        lag = [0, 1.57, 3.14, 4.71][y[i]] * (c % 2)
        windows[i, c] = np.sin(f * t + ph + lag) + rng.normal(0, 0.5, steps)
windows = (windows - windows.mean()) / windows.std()
x = windows.reshape(n, steps, channels).astype("float32")
x_train, x_test, y_train, y_test = x[:1200], x[1200:], y[:1200], y[1200:]

model = tf.keras.Sequential([
    layers.Input((steps, channels)),
    layers.Conv1D(32, 5, activation="relu"),
    layers.Conv1D(32, 5, activation="relu"),
    layers.Dropout(0.3),
    layers.GlobalAveragePooling1D(),
    layers.Dense(32, activation="relu"),
    layers.Dense(classes, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=15, batch_size=32, validation_data=(x_test, y_test), verbose=2)
print("test accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
