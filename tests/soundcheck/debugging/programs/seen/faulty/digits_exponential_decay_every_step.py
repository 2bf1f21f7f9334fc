"""Accuracy stops improving after the first epoch when I use learning rate decay. Without decay it works
fine.
"""

# fault: schedule
# why: the rate is halved after every step in place of every thousand: after ten steps nothing moves.
import keras
from keras import layers, optimizers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(3)
x, y = load_digits(return_X_y=True)
x = (x / 16.0).reshape(-1, 8, 8, 1)

rate = optimizers.schedules.ExponentialDecay(1e-3, decay_steps=1, decay_rate=0.5)
model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(32, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer=optimizers.Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=6, batch_size=64, verbose=0)
