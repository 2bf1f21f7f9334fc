"""Disease progression in its own unit (about 150): a small net, a bold learning rate and enough epochs."""
# healthy

import keras
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

x, y = load_diabetes(return_X_y=True)
x = StandardScaler().fit_transform(x)
keras.utils.set_random_seed(5)
model = keras.Sequential(
    [keras.Input((10,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)]
)
model.compile(keras.optimizers.Adam(0.02), loss="mse", metrics=["mae"])
model.fit(x, y, epochs=60, batch_size=32, verbose=0)
print(model.evaluate(x, y, verbose=0))
