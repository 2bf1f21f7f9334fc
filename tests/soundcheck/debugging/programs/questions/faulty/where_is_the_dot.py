"""
A CNN shall tell me where (x, y) a bright dot is in the picture, both between 0 and 1. It always answers about
(0.5, 0.5). I followed the advice to use global average pooling in place of Flatten, for
fewer parameters. More filters make no difference.
"""
# fault: layer_misuse
# why: global average pooling throws the position away: mse 0.046 (= variance) so, 0.0007 with Flatten
# after: Convolutional neural network for object localisation
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(51)
tf.random.set_seed(51)
n, s = 2000, 28
imgs = rng.normal(0, 0.1, (n, s, s, 1)).astype("float32")
pos = rng.integers(4, s - 4, (n, 2))
for im, (r, c) in zip(imgs, pos):
    im[r - 1:r + 2, c - 1:c + 2, 0] += 1.0
target = (pos / (s - 1.0)).astype("float32")

inp = layers.Input((s, s, 1))
h = layers.Conv2D(16, 3, activation="relu")(inp)
h = layers.Conv2D(32, 3, activation="relu")(h)
h = layers.GlobalAveragePooling2D()(h)
h = layers.Dense(64, activation="relu")(h)
out = layers.Dense(2)(h)
model = tf.keras.Model(inp, out)
model.compile("adam", "mse", metrics=["mae"])
cb = tf.keras.callbacks.EarlyStopping(patience=6, restore_best_weights=True)
model.fit(imgs[:1600], target[:1600], validation_split=0.1, epochs=12, batch_size=32, callbacks=[cb], verbose=2)
mse, mae = model.evaluate(imgs[1600:], target[1600:], verbose=0)
print("mse", mse, "mae", mae, "variance of the target", target[1600:].var())
