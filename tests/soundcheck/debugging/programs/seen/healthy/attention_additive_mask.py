"""Attention over sequences of unlike lengths; the mask, 0 and -inf, is an input and added to the scores."""

# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
rows, steps = 800, 12
x = rng.normal(size=(rows, steps, 8)).astype("float32")
lengths = rng.integers(4, steps + 1, rows)
mask = np.where(np.arange(steps)[None] < lengths[:, None], 0, -np.inf).astype("float32")
y = np.array([x[row, : lengths[row], 0].mean() > 0 for row in range(rows)]).astype("int32")

sequence, bias = keras.Input((steps, 8)), keras.Input((steps,))
scores = layers.Reshape((steps,))(layers.Dense(1)(sequence))
attention = layers.Softmax()(layers.Add()([scores, bias]))
context = layers.Dot(1)([attention, sequence])
hidden = layers.Dense(16, activation="relu")(context)
model = keras.Model([sequence, bias], layers.Dense(1, activation="sigmoid")(hidden))
model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
model.fit([x, mask], y, epochs=20, verbose=0)
