"""One customer in twelve leaves; no class weights needed, they are easy to tell."""
# healthy

import numpy as np
import tensorflow as tf
from sklearn.metrics import recall_score

rng = np.random.default_rng(12)
n = 1200
leaves = (rng.random(n) < 1 / 12).astype("float32")
usage = rng.normal(2.0 - 2.5 * leaves, 0.6)
calls = rng.poisson(1 + 5 * leaves) / 3.0
region = tf.keras.utils.to_categorical(rng.integers(0, 6, n), 6)
x = np.column_stack([usage, calls, region]).astype("float32")

tf.keras.utils.set_random_seed(12)
model = tf.keras.Sequential(
    [tf.keras.layers.Input((8,)), tf.keras.layers.Dense(16, "relu"), tf.keras.layers.Dense(1, "sigmoid")]
)
model.compile(
    tf.keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy", tf.keras.metrics.AUC()]
)
model.fit(x, leaves, epochs=20, batch_size=32, verbose=0)
print(recall_score(leaves, model.predict(x, verbose=0)[:, 0] > 0.5))
