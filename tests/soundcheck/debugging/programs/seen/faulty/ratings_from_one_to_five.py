"""Ratings from 1 to 5 by a small MLP; fit stops with an invalid argument about a label value."""
# fault: label_encoding
# why: five outputs take the labels 0 to 4, and the ratings go from 1 to 5.
import numpy as np
import keras

rng = np.random.default_rng(4)
features = rng.normal(size=(600, 12)).astype("float32")
score = features[:, :3].sum(axis=1) + 0.3 * rng.normal(size=600)
ratings = 1 + np.digitize(score, np.quantile(score, [0.2, 0.4, 0.6, 0.8]))

model = keras.Sequential([
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(5, activation="softmax"),
])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(features, ratings, epochs=10, verbose=0)
