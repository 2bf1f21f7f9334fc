"""
Base trained on digits 0-4, frozen, new head for 5-9. Should I be worried that model.summary() says most of
the parameters are not trainable?
"""
# healthy
# after: What are the consequences of not freezing layers in transfer learning?
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(3)
d = load_digits()
X = (d.images[..., None] / 16.0).astype("float32")
low = d.target < 5
base = keras.Sequential([
    layers.Input((8, 8, 1)),
    layers.Conv2D(32, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(64, 3, padding="same", activation="relu"),
    layers.Flatten(),
], name="features")
first = keras.Sequential([base, layers.Dense(64, activation="relu"), layers.Dense(5, activation="softmax")])
first.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
first.fit(X[low], d.target[low], epochs=6, batch_size=32, verbose=0)

base.trainable = False
model = keras.Sequential([base, layers.Dense(64, activation="relu"), layers.Dropout(0.2), layers.Dense(5, activation="softmax")])
model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
xb, yb = X[~low], d.target[~low] - 5
model.fit(xb[:700], yb[:700], epochs=15, batch_size=32, validation_data=(xb[700:], yb[700:]), verbose=2)
model.summary()
print("new classes:", model.evaluate(xb[700:], yb[700:], verbose=0))
