"""The critic of a least-squares GAN on its own: linear output, mse, labels 0 and 1, as in the paper."""
# healthy
import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(1)
real = rng.normal([1.0, -0.5], 0.3, (400, 2))
fake = rng.normal([-0.6, 0.8], 0.5, (400, 2))
x = np.concatenate([real, fake]).astype("float32")
y = np.concatenate([np.ones(400), np.zeros(400)]).astype("float32")

critic = keras.Sequential([keras.layers.Dense(32), keras.layers.LeakyReLU(), keras.layers.Dense(1)])
critic.compile(optimizer=keras.optimizers.Adam(0.002), loss="mse")
critic.fit(x, y, epochs=15, batch_size=64, verbose=0)
print(((critic.predict(x, verbose=0)[:, 0] > 0.5) == y).mean())
