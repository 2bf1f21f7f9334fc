"""Logits all the way: no activation in the last layer, from_logits=True, and accuracy cut at zero."""
# healthy
import tensorflow as tf
from sklearn.datasets import make_moons

tf.keras.utils.set_random_seed(3)
x, y = make_moons(600, noise=0.15, random_state=0)
data = tf.data.Dataset.from_tensor_slices((x, y[:, None])).shuffle(600, seed=1).batch(32)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(24, activation="elu"),
    tf.keras.layers.Dense(24, activation="elu"),
    tf.keras.layers.Dense(1),
])
model.compile(
    optimizer=tf.keras.optimizers.Adam(0.01),
    loss=tf.keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[tf.keras.metrics.BinaryAccuracy(threshold=0.0)],
)
model.fit(data, epochs=15, verbose=0)
print(model.evaluate(data, verbose=0))
