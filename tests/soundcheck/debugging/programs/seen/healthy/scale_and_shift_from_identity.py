"""A second input scales and shifts the features of the first; both start as if they were not there."""

# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x, c = rng.normal(size=(2, 1500, 16)).astype("float32")
y = x[:, 0] * c[:, 0] + x[:, 1] + np.sin(c[:, 1])

features, condition = keras.Input((16,), name="features"), keras.Input((16,), name="condition")
h = layers.Dense(16, activation="relu")(features)
k = layers.Dense(16, activation="relu")(condition)
scale = layers.Dense(16, kernel_initializer="zeros", bias_initializer="ones", name="scale")(k)
shift = layers.Dense(16, kernel_initializer="zeros", name="shift")(k)
h = layers.Add()([layers.Multiply()([h, scale]), shift])
model = keras.Model([features, condition], layers.Dense(1)(layers.Dense(32, activation="relu")(h)))
model.compile(keras.optimizers.Adam(0.003), "mse")
model.fit([x, c], y, epochs=30, batch_size=32, validation_split=0.2, verbose=0)
print(model.evaluate([x, c], y, verbose=0), y.var())
