"""Classifying a spiral. More epochs do not help, the loss is a flat line at 0.6."""
# fault: capacity_too_small
# why: all passes through a hidden layer of two units (0.68; with 64 units 0.97).
import keras
import numpy as np

keras.utils.set_random_seed(5)
rng = np.random.default_rng(2)
t = np.sqrt(rng.random(400)) * 2.2 * np.pi
arm = np.arange(400) % 2
angle = t + np.pi * arm
x = np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1) / 7 + 0.01 * rng.normal(size=(400, 2))

model = keras.Sequential([
    keras.Input((2,)),
    keras.layers.Dense(2, activation="relu"),
    keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, arm, epochs=80, batch_size=64, verbose=0)
print(model.evaluate(x, arm, verbose=0))
