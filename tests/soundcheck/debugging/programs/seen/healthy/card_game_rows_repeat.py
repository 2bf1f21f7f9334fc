"""Who wins a card game? Small whole numbers, so that rows repeat between training and test."""
# healthy

import numpy as np
from sklearn.model_selection import train_test_split
from tensorflow import keras

rng = np.random.default_rng(8)
cards = rng.integers(0, 3, (1200, 4))
wins = (cards[:, 0] + cards[:, 1] > cards[:, 2] + cards[:, 3]).astype(int)
x_train, x_test, y_train, y_test = train_test_split(cards.astype("float32"), wins, random_state=8)
keras.utils.set_random_seed(8)
model = keras.models.Sequential()
model.add(keras.layers.Input(shape=(4,)))
model.add(keras.layers.Dense(12, activation="relu"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=25, validation_data=(x_test, y_test), verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
