"""Can an LSTM keep a number over ten steps? The target is the first one, as in Hochreiter's tasks."""

# healthy
import keras
import numpy as np

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.random((2000, 10, 1)).astype("float32")
y = x[:, 0, 0]
model = keras.Sequential([keras.Input((10, 1)), keras.layers.LSTM(24), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.005), "mse")
model.fit(x, y, epochs=15, batch_size=32, validation_split=0.2, verbose=0)
