"""Mean and logarithm of the variance from two heads, both of which start at zero, as is usual."""

# healthy
import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.normal(size=(1500, 6)).astype("float32")
noise = 0.1 * rng.normal(size=(1500, 2)) * np.exp(0.3 * x[:, 4:5])
y = (np.stack([np.sin(x[:, 0]) + x[:, 1], x[:, 2] * x[:, 3]], axis=1) + noise).astype("float32")

inputs = keras.Input((6,))
h = layers.Dense(64, activation="relu")(inputs)
h = layers.Dense(64, activation="relu")(h)
mean = layers.Dense(2, kernel_initializer="zeros", name="mean")(h)
log_variance = layers.Dense(2, kernel_initializer="zeros", name="log_variance")(h)
model = keras.Model(inputs, layers.Concatenate()([mean, log_variance]))


def negative_log_likelihood(y, predicted):
    mean, log_variance = predicted[:, :2], predicted[:, 2:]
    return ops.mean(0.5 * log_variance + 0.5 * ops.square(y - mean) * ops.exp(-log_variance), axis=-1)


model.compile("adam", negative_log_likelihood)
model.fit(x, y, epochs=12, batch_size=32, validation_split=0.2, verbose=0)
predicted = model.predict(x, verbose=0)[:, :2]
print("explained", 1 - np.square(predicted - y).mean() / y.var())
