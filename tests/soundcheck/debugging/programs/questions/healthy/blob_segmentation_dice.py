"""
Segmentation, one class, sigmoid + binary crossentropy + Dice as metric. Accuracy is at 98 % quickly and does then
not move, only Dice goes up. Is something wrong with the accuracy?
"""
# healthy
# after: How do you train a semantic segmentation model to optimize for IoU rather than accuracy
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, Model

rng = np.random.default_rng(15)
tf.random.set_seed(15)
n, s = 400, 32
yy, xx = np.mgrid[0:s, 0:s]
masks = np.zeros((n, s, s, 1), "float32")
for i in range(n):
    cy, cx, r = rng.integers(8, 24), rng.integers(8, 24), rng.integers(4, 8)
    masks[i, :, :, 0] = (yy - cy) ** 2 + (xx - cx) ** 2 <= r * r
imgs = (0.6 * masks + rng.normal(0.2, 0.25, masks.shape)).astype("float32")


def dice(t, p):
    return (2 * tf.reduce_sum(t * p) + 1) / (tf.reduce_sum(t) + tf.reduce_sum(p) + 1)


i0 = layers.Input((s, s, 1))
c1 = layers.Conv2D(16, 3, padding="same", activation="relu")(i0)
c2 = layers.Conv2D(16, 3, padding="same", activation="relu")(layers.MaxPooling2D()(c1))
u = layers.concatenate([layers.UpSampling2D()(c2), c1])
c3 = layers.Conv2D(16, 3, padding="same", activation="relu")(u)
m = Model(i0, layers.Conv2D(1, 1, activation="sigmoid")(c3))
m.compile("adam", "binary_crossentropy", metrics=["accuracy", dice])
m.fit(imgs[:320], masks[:320], epochs=12, batch_size=16, validation_data=(imgs[320:], masks[320:]), verbose=2)
pm = m.predict(imgs[320:], verbose=0) > 0.5
t = masks[320:] > 0.5
print("IoU", (pm & t).sum() / (pm | t).sum())
