"""An LSTM adds up numbers; clipnorm, RMSprop, 128 rows. Odd, small, right."""

# healthy
import keras
import numpy as np

keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)
x = rng.uniform(-1, 1, size=(512, 8, 1)).astype("float32")
y = x.sum(axis=1)
model = keras.Sequential([keras.Input((8, 1)), keras.layers.LSTM(16), keras.layers.Dense(1)])
model.compile(keras.optimizers.RMSprop(0.01, clipnorm=1.0), "mse")
model.fit(x, y, epochs=15, batch_size=32, verbose=0)
