"""One to five stars as amounts, with a metric of one's own: how many are at most one star off."""

# healthy
import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.normal(size=(2000, 10)).astype("float32")
score = x[:, 0] + 0.8 * x[:, 1] * x[:, 2] + 0.3 * rng.normal(size=2000)
stars = (np.digitize(score, [-1.2, -0.4, 0.4, 1.2]) + 1).astype("float32")


def within_one_accuracy(wanted, predicted):
    return ops.mean(ops.cast(ops.abs(wanted - predicted) <= 1, "float32"))


model = keras.Sequential(
    [keras.Input((10,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)]
)
model.compile("adam", "mse", metrics=["mae", within_one_accuracy])
model.fit(x, stars, epochs=30, validation_split=0.2, verbose=0)
