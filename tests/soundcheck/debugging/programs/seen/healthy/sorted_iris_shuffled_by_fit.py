"""Iris straight from sklearn, sorted by species: fit shuffles, so nothing has to be done about it."""
# healthy

import keras
from keras import layers
from sklearn.datasets import load_iris

data, species = load_iris(return_X_y=True)
keras.utils.set_random_seed(3)
model = keras.Sequential([layers.Input((4,)), layers.Dense(16, activation="relu"), layers.Dense(3)])
model.compile(
    optimizer=keras.optimizers.Adam(0.02),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(data, species, epochs=60, batch_size=16, verbose=0)
print(model.evaluate(data, species, verbose=0))
