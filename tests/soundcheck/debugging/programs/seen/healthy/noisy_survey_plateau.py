"""A survey in which little can be predicted: the loss flattens at once, a logistic regression is no
better.
"""

# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)
x = rng.normal(size=(1500, 10)).astype("float32")
y = (x[:, 0] + 0.5 * x[:, 1] + 2.5 * rng.normal(size=1500) > 0).astype("int32")
model = keras.Sequential(
    [
        keras.Input((10,)),
        layers.Dense(16, activation="relu", kernel_regularizer="l2"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=15, batch_size=32, validation_split=0.2, verbose=0)
