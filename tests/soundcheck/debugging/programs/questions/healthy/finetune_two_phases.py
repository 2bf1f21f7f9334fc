"""
Two phases as in the Keras guide: head first, then everything with a small step. Base has BatchNormalization, I call it with
training=False. Second phase improves only little, is that ok?
"""
# healthy
# after: Transfer learning & fine-tuning guide / question on freezing BatchNormalization
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(4)
d = load_digits()
img = (d.images[..., None] / 16.0).astype("float32")
src = d.target < 6
xs, ys, xn, yn = img[src], d.target[src], img[~src], d.target[~src] - 6

i = keras.Input((8, 8, 1))
h = layers.Conv2D(32, 3, padding="same")(i)
h = layers.BatchNormalization(momentum=0.9)(h)
h = layers.ReLU()(h)
h = layers.MaxPooling2D()(h)
h = layers.Conv2D(32, 3, padding="same", activation="relu")(h)
h = layers.Flatten()(h)
base = keras.Model(i, h)
pre = keras.Sequential([base, layers.Dense(6, activation="softmax")])
pre.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
pre.fit(xs, ys, epochs=8, batch_size=32, verbose=0)

base.trainable = False
a = keras.Input((8, 8, 1))
out = layers.Dense(4, activation="softmax")(base(a, training=False))
model = keras.Model(a, out)
model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(xn[:450], yn[:450], epochs=12, batch_size=16, validation_data=(xn[450:], yn[450:]), verbose=2)
base.trainable = True
model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(xn[:450], yn[:450], epochs=8, batch_size=16, validation_data=(xn[450:], yn[450:]), verbose=2)
print("final", model.evaluate(xn[450:], yn[450:], verbose=0))
