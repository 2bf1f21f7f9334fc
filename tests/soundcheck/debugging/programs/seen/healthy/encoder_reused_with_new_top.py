"""Pretrain on six digits, drop the top, freeze the rest, and learn the other four with a new one."""
# healthy
import keras
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(10)
x, y = load_digits(return_X_y=True)
x = x / 16.0
old, new = y < 6, y >= 6

inputs = keras.Input((64,))
h = layers.Dense(96, activation="relu")(inputs)
h = layers.Dense(48, activation="relu", name="features")(h)
first = keras.Model(inputs, layers.Dense(6, activation="softmax")(h))
first.compile("adam", "sparse_categorical_crossentropy")
first.fit(x[old], y[old], epochs=12, verbose=0)

for layer in first.layers:
    layer.trainable = False
second = keras.Model(inputs, layers.Dense(4, activation="softmax")(first.get_layer("features").output))
second.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
second.fit(x[new], y[new] - 6, epochs=15, verbose=0)
print(second.evaluate(x[new], y[new] - 6, verbose=0))
