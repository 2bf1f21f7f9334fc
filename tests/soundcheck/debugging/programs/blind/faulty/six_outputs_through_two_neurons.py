"""Soft sensor: from 10 process readings I predict six independent quality figures with one
network. All six come out mediocre, and training error is just as bad as the validation error."""
# fault: capacity_too_small
# why: two hidden layers of 2 units carry six independent targets; validation mse 0.83 with 2 units, 0.014 with 64.
import numpy as np
import keras
from keras import layers

HIDDEN = 2


def make_plant(n, seed):
    g = np.random.default_rng(seed)
    x = g.uniform(-1, 1, size=(n, 10))
    y = np.stack(
        [
            np.sin(3 * x[:, 0]) + x[:, 1],
            x[:, 2] * x[:, 3] * 2,
            np.abs(x[:, 4]) * 2 - x[:, 5],
            np.tanh(4 * x[:, 6]) + 0.3 * x[:, 0],
            x[:, 7] ** 2 * 2 - x[:, 8],
            x[:, 9] - x[:, 2],
        ],
        axis=1,
    )
    y = (y - y.mean(0)) / y.std(0)
    return x.astype("float32"), (y + g.normal(0, 0.05, y.shape)).astype("float32")


if __name__ == "__main__":
    keras.utils.set_random_seed(21)
    x, y = make_plant(2500, 0)

    inp = keras.Input(shape=(10,), name="readings")
    h = layers.Dense(HIDDEN, activation="relu")(inp)
    h = layers.Dense(HIDDEN, activation="relu")(h)
    out = layers.Dense(6, name="quality")(h)
    model = keras.Model(inp, out)
    model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="mse", metrics=["mae"])

    history = model.fit(x, y, validation_split=0.2, epochs=25, batch_size=64, verbose=0)
    print("train mse", round(history.history["loss"][-1], 3))
    print("valid mse", round(history.history["val_loss"][-1], 3))
