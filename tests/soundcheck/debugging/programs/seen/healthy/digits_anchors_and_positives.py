"""Metric learning: a batch holds an anchor and a positive of each class, which train_step takes apart."""

# healthy
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)
digits, labels = load_digits(return_X_y=True)
digits = (digits / 16).astype("float32")
rng = np.random.default_rng(0)


class Pairs(keras.utils.PyDataset):
    def __len__(self):
        return 60

    def __getitem__(self, _):
        return np.stack([[digits[rng.choice(np.flatnonzero(labels == c))] for c in range(10)] for _ in range(2)])


class Metric(keras.Model):
    def train_step(self, data):
        anchors, positives = data[0] if isinstance(data, tuple) else data
        with tf.GradientTape() as tape:
            one, other = self(anchors, training=True), self(positives, training=True)
            alike = ops.einsum("ae,pe->ap", one, other) / 0.2
            loss = self.compute_loss(y=ops.arange(10), y_pred=alike)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


inputs = keras.Input((64,))
h = layers.Dense(64, activation="relu")(inputs)
model = Metric(inputs, layers.UnitNormalization()(layers.Dense(8)(h)))
model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
print(model.fit(Pairs(), epochs=10, verbose=0).history["loss"])
