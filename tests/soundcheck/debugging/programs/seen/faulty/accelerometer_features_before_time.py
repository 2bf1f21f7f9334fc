"""1D-CNN finds tremors in accelerometer windows in training but not in validation. More filters make it worse."""
# fault: wrong_axis
# why: the windows are (axes, time): the convolution slides over 3 axes and takes each instant for a feature.

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(1)
n, steps = 400, 64
t = np.arange(steps)
tremor = rng.integers(0, 2, n)
windows = np.cumsum(rng.normal(0, 0.1, (n, 3, steps)), axis=2)
for i in range(n):
    start = rng.integers(0, steps - 16)
    wavelength = 8 if tremor[i] else 16
    burst = np.sin(2 * np.pi * (t[:16] + rng.uniform(0, 16)) / wavelength)
    windows[i, :, start : start + 16] += burst * rng.uniform(0.8, 1.2, (3, 1))
windows = (windows / windows.std()).astype("float32")

tf.keras.utils.set_random_seed(3)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Input(shape=(3, steps)),
        tf.keras.layers.Conv1D(16, 3, activation="relu", padding="same"),
        tf.keras.layers.Conv1D(16, 3, activation="relu", padding="same"),
        tf.keras.layers.GlobalAveragePooling1D(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(windows[:300], tremor[:300], epochs=25, validation_data=(windows[300:], tremor[300:]), verbose=0)
print(model.evaluate(windows[300:], tremor[300:], verbose=0))
