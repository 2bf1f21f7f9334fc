"""1D-CNN finds tremors in the training windows, not in validation. More filters make it worse."""
# fault: wrong_axis
# why: the windows are (axes, time): the convolution slides over 3 axes and takes each instant for a feature.

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(1)
n, steps = 240, 128
t = np.arange(steps)
tremor = rng.integers(0, 2, n)
windows = np.cumsum(rng.normal(0, 0.04, (n, 3, steps)), axis=2)
for i in range(n):
    for axis in range(3):
        start, phase = rng.integers(0, steps - 24), rng.uniform(0, 2 * np.pi)
        burst = np.sin(2 * np.pi * t[:24] / (8 if tremor[i] else 12) + phase)
        windows[i, axis, start : start + 24] += burst * np.hanning(24)
windows = (windows / windows.std()).astype("float32")

tf.keras.utils.set_random_seed(3)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Input(shape=(3, steps)),
        tf.keras.layers.Conv1D(16, 5, activation="relu", padding="same"),
        tf.keras.layers.Conv1D(16, 5, activation="relu", padding="same"),
        tf.keras.layers.GlobalAveragePooling1D(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(tf.keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
model.fit(windows[:160], tremor[:160], epochs=40, validation_data=(windows[160:], tremor[160:]), verbose=0)
print(model.evaluate(windows[160:], tremor[160:], verbose=0))
