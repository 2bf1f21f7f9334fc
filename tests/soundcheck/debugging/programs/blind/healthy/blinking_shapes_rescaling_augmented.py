"""Squares, discs and triangles, 20x20 pixels of 0..255; rescaling and random flips sit in the model.
Input pipeline by tf.data with prefetch."""
# healthy
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(64)
rng = np.random.default_rng(64)
SIZE, BATCH = 20, 32


def shape_image(kind):
    yy, xx = np.mgrid[:SIZE, :SIZE]
    cy, cx = rng.uniform(7, 13, 2)
    r = rng.uniform(3.5, 6)
    if kind == 0:
        mask = (abs(yy - cy) < r * 0.85) & (abs(xx - cx) < r * 0.85)
    elif kind == 1:
        mask = (yy - cy) ** 2 + (xx - cx) ** 2 < r * r
    else:
        mask = (yy - cy < r) & (yy - cy > 2 * abs(xx - cx) - r)
    picture = np.where(mask, rng.uniform(140, 255), rng.uniform(0, 90)) + rng.normal(0, 12, (SIZE, SIZE))
    return picture.clip(0, 255).astype("uint8")[..., None]


labels = rng.integers(0, 3, 1000)
images = np.stack([shape_image(k) for k in labels])

train = (tf.data.Dataset.from_tensor_slices((images[:800], labels[:800]))
         .shuffle(800, seed=1).batch(BATCH).prefetch(tf.data.AUTOTUNE))
val = tf.data.Dataset.from_tensor_slices((images[800:], labels[800:])).batch(100)

model = keras.Sequential([
    keras.Input((SIZE, SIZE, 1)),
    layers.Rescaling(1 / 255.0),
    layers.RandomFlip("horizontal", seed=2),
    layers.Conv2D(8, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(16, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(32, activation="relu"),
    layers.Dense(3, activation="softmax"),
])
model.compile(optimizer=keras.optimizers.RMSprop(2e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(train, validation_data=val, epochs=14, verbose=0)
print({k: round(v[-1], 3) for k, v in history.history.items()})
