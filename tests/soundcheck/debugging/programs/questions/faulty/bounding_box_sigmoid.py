"""
Object localisation: image in, four numbers (x, y, w, h in pixels) out. Same prediction for each picture,
all four numbers are 1.0. I took the sigmoid because of a tutorial on box regression with Keras.
The mse does not go down after the first few batches.
"""
# fault: output_activation or target_not_normalised
# why: pixels 0..48 cannot be reached by a sigmoid: mean error 13.7 pixels so, 2.5 with a linear output
# after: Convolutional neural network for object localisation
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(5)
size, n = 48, 1200
photos = rng.uniform(0, 0.2, (n, size, size, 1)).astype("float32")
boxes = np.zeros((n, 4), "float32")
for i in range(n):
    w, h = rng.integers(8, 20, 2)
    x0, y0 = rng.integers(0, size - w), rng.integers(0, size - h)
    photos[i, y0:y0 + h, x0:x0 + w] += 0.7
    boxes[i] = x0, y0, w, h
split = 1000

model = tf.keras.Sequential([
    layers.Input((size, size, 1)),
    layers.Conv2D(8, 3, activation="relu", padding="same"),
    layers.MaxPooling2D(),
    layers.Conv2D(16, 3, activation="relu", padding="same"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(64, activation="relu"),
    layers.Dense(4, activation="sigmoid"),
])
model.compile(optimizer="adam", loss="mse")
model.fit(photos[:split], boxes[:split], epochs=12, batch_size=32, validation_split=0.1, verbose=2)
p = model.predict(photos[split:], verbose=0)
print(p[:3], boxes[split:split + 3])
print("mean abs error in pixels", np.abs(p - boxes[split:]).mean())
