"""
Two classes of (synthetic) x-ray patches, sigmoid at the end. Loss: 0.0000e+00 from the beginning, accuracy 50 %. A loss of
zero should mean perfect, shouldn't it? It's exactly the multi-class net of a tutorial with one unit.
"""
# fault: loss_function
# why: categorical_crossentropy over one unit is always 0: accuracy 0.50 so, 1.00 with binary_crossentropy
# after: Need help choosing loss function
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(131)
tf.random.set_seed(131)
n, s = 1000, 24
ill = rng.integers(0, 2, n)
patch = rng.normal(0.5, 0.12, (n, s, s, 1)).astype("float32")
yy, xx = np.mgrid[0:s, 0:s]
for i in np.where(ill)[0]:
    cy, cx = rng.integers(6, 18, 2)
    patch[i, :, :, 0] += 0.25 * np.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / 12.0)
y = ill.reshape(-1, 1).astype("float32")

model = tf.keras.models.Sequential([
    layers.Input((s, s, 1)),
    layers.Conv2D(16, (3, 3), activation="relu"),
    layers.MaxPooling2D((2, 2)),
    layers.Conv2D(32, (3, 3), activation="relu"),
    layers.GlobalMaxPooling2D(),
    layers.Dense(32, activation="relu"),
    layers.Dropout(0.2),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(patch[:800], y[:800], batch_size=32, epochs=12, validation_data=(patch[800:], y[800:]), verbose=2)
p = (model.predict(patch[800:], verbose=0)[:, 0] > 0.5).astype(int)
print("correct:", (p == ill[800:]).mean())
