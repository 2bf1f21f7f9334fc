"""XOR, the classic: four rows, a thousand epochs, SGD with a rate of 1. It works."""

# healthy
import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(0)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
y = np.array([0, 1, 1, 0], "float32")
model = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.SGD(1.0), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=400, batch_size=4, verbose=0)
