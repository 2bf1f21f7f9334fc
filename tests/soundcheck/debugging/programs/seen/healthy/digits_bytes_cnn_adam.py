"""Forgot to divide by 255 in an old notebook; it trains well anyway. Should I care?"""
# healthy

import numpy as np
from sklearn.datasets import load_digits
from tensorflow import keras

digits = load_digits()
x = (digits.images * 15.9).astype("uint8")[..., np.newaxis]
y = digits.target
keras.utils.set_random_seed(2)
model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1500], y[:1500], epochs=12, batch_size=32, validation_data=(x[1500:], y[1500:]), verbose=0)
print(model.evaluate(x[1500:], y[1500:], verbose=0))
