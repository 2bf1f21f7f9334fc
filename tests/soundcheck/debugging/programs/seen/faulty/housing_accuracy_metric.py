"""My house price model has an accuracy of 0.0 whatever I do, although the loss goes down nicely."""
# fault: metric
# why: accuracy is asked of a regression, where no prediction ever equals its target.
import keras
import numpy as np

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
rooms = rng.uniform(2, 8, 800)
age = rng.uniform(0, 60, 800)
distance = rng.uniform(0, 20, 800)
price = 0.8 * rooms - 0.02 * age - 0.1 * distance + rng.normal(0, 0.2, 800)
x = np.stack([(rooms - 5) / 1.7, (age - 30) / 17, (distance - 10) / 6], axis=1)

model = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="mean_squared_error", metrics=["accuracy"])
hist = model.fit(x, price, epochs=25, validation_split=0.2, verbose=0)
print("accuracy:", hist.history["accuracy"][-1], "loss:", hist.history["loss"][-1])
