"""Five amounts and a category in one array of floats; the model looks the last column up in a table."""

# healthy
import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
ROWS, KINDS = 1500, 12
amounts, kind = rng.normal(size=(ROWS, 5)), rng.integers(0, KINDS, ROWS)
effect = 2 * rng.normal(size=KINDS)
y = amounts[:, 0] - amounts[:, 1] * amounts[:, 2] + effect[kind] + 0.2 * rng.normal(size=ROWS)
x = np.concatenate([amounts, kind[:, None]], axis=1).astype("float32")


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.kinds = layers.Embedding(KINDS, 4)
        self.first, self.second = layers.Dense(32, activation="relu"), layers.Dense(32, activation="relu")
        self.out = layers.Dense(1)

    def call(self, x):
        kinds = self.kinds(ops.cast(x[:, 5], "int32"))
        return self.out(self.second(self.first(ops.concatenate([x[:, :5], kinds], axis=1))))


model = Net()
model.compile(keras.optimizers.Adam(0.003), "mse")
model.fit(x, y, epochs=30, batch_size=32, validation_split=0.2, verbose=0)
print(model.evaluate(x, y, verbose=0), y.var())
