"""Training loss goes to zero, validation loss goes up and up. Val accuracy was better in the beginning."""

# fault: overfitting or capacity_too_large or epochs_too_many
# why: 80 noisy rows, 100k weights, 150 epochs: the validation loss ends far above that of a guess.
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
x = rng.normal(size=(280, 40)).astype("float32")
y = (x[:, 0] + x[:, 1] + 1.5 * rng.normal(size=280) > 0).astype("int32")
x_train, y_train, x_val, y_val = x[:80], y[:80], x[80:], y[80:]

model = keras.Sequential(
    [
        keras.Input((40,)),
        layers.Dense(256, activation="relu"),
        layers.Dense(256, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=80, batch_size=16, verbose=0)
