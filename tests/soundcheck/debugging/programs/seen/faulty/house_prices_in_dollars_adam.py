"""Neural net for house prices predicts about 100 dollars for every house. Why is the loss 9e10?"""
# fault: target_not_normalised
# why: prices are about 300000; at 0.001 a step Adam cannot bring the outputs there in 300 steps.

import keras
import numpy as np

rng = np.random.default_rng(3)
n = 500
area = rng.uniform(40, 250, n)
rooms = np.round(area / 30 + rng.normal(0, 1, n))
age = rng.uniform(0, 90, n)
price = 2000 * area + 8000 * rooms - 500 * age + rng.normal(0, 15000, n) + 20000
data = np.column_stack([area, rooms, age])
data = (data - data.mean(axis=0)) / data.std(axis=0)

keras.utils.set_random_seed(0)
inputs = keras.Input((3,))
hidden = keras.layers.Dense(32, activation="relu")(inputs)
hidden = keras.layers.Dense(32, activation="relu")(hidden)
model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
model.compile("adam", "mse", metrics=["mae"])
history = model.fit(data, price, validation_split=0.2, epochs=20, batch_size=32, verbose=0)
print(model.predict(data[:5], verbose=0).ravel(), price[:5])
