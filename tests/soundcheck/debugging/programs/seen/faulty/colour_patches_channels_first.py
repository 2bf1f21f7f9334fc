"""Ported a PyTorch data loader to Keras; the conv net trains but is much worse than the torch one."""
# fault: wrong_axis
# why: the pictures are (3, 24, 24), and Keras takes the last axis for the channels.

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(5)
n, size = 400, 24
rows, columns = np.mgrid[0:size, 0:size]
labels = rng.integers(0, 2, n)
pictures = np.zeros((n, 3, size, size), "float32")
for i, label in enumerate(labels):
    cy, cx, radius = rng.uniform(7, 17), rng.uniform(7, 17), rng.uniform(4, 6)
    distance = np.hypot(rows - cy, columns - cx)
    shape = (
        distance < radius
        if label
        else (np.abs(rows - cy) < radius * 0.8) & (np.abs(columns - cx) < radius * 0.8)
    )
    pictures[i] = shape * rng.uniform(0.5, 1, (3, 1, 1)) + rng.normal(0, 0.05, (3, size, size))

tf.keras.utils.set_random_seed(2)
net = tf.keras.Sequential(
    [
        tf.keras.layers.Input(pictures.shape[1:]),
        tf.keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
        tf.keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
net.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
net.fit(pictures[:320], labels[:320], validation_data=(pictures[320:], labels[320:]), epochs=8, verbose=0)
print(net.evaluate(pictures[320:], labels[320:], verbose=0))
