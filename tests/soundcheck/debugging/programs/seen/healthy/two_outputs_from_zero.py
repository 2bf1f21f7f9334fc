"""Two outputs, each from a head that starts at zero, as those of a policy do."""

# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.normal(size=(1500, 6)).astype("float32")
shift = np.stack([x[:, 0] * x[:, 1], np.sin(x[:, 2])], axis=1)
scale = np.stack([x[:, 3], x[:, 4] * x[:, 5]], axis=1)

inputs = keras.Input((6,))
h = layers.Dense(64, activation="relu")(inputs)
h = layers.Dense(64, activation="relu")(h)
outputs = {
    "shift": layers.Dense(2, kernel_initializer="zeros", name="shift")(h),
    "scale": layers.Dense(2, kernel_initializer="zeros", name="scale")(h),
}
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.Adam(0.003), {"shift": "mse", "scale": "mse"})
model.fit(x, {"shift": shift, "scale": scale}, epochs=25, batch_size=32, verbose=0)
print(model.evaluate(x, {"shift": shift, "scale": scale}, verbose=0))
