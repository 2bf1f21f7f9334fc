"""Keras tells me about ranks and targets as soon as I call fit, but my shapes look fine to me."""
# fault: label_encoding
# why: class numbers are given to categorical_crossentropy, which takes one-hot rows.
import keras
from keras import layers
from sklearn.datasets import load_digits

digits = load_digits()
x = digits.images[..., None] / 16.0
y = digits.target

model = keras.Sequential([
    layers.Input((8, 8, 1)),
    layers.Conv2D(16, 3, activation="relu"),
    layers.Flatten(),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=3, batch_size=64, verbose=0)
