"""Rising and falling tones by a TC-ResNet: (1, time, mel bands), convolved over time alone."""

# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
rows, steps, bands = 500, 30, 16
y = rng.integers(0, 3, rows)
time, band = np.arange(steps)[:, None], np.arange(bands)[None]
slope = np.where(rng.random(rows) < 0.5, 0.12, -0.12)[:, None, None]
centre = 4 + 4 * y[:, None, None] + slope * (time - steps / 2)[None]
x = np.exp(-(((band[None] - centre) / 3) ** 2)) + 0.3 * rng.normal(size=(rows, 1, 1))
x = (x + 0.15 * rng.normal(size=(rows, steps, bands)))[:, None].astype("float32")

model = keras.Sequential(
    [
        keras.Input((1, steps, bands)),
        layers.Conv2D(16, (1, 3), padding="same", activation="relu"),
        layers.Conv2D(24, (1, 9), strides=(1, 2), padding="same", activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=15, validation_split=0.2, verbose=0)
