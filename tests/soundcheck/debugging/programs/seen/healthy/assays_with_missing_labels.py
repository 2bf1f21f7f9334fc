"""Four assays a compound, many of them not measured; the model's own train_step leaves those labels out."""

# healthy
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
compounds = rng.normal(size=(1000, 10)).astype("float32")
assays = np.tanh(compounds @ rng.normal(size=(10, 4)) * 0.5).astype("float32")
assays[rng.random(assays.shape) < 0.4] = np.nan


class MultiTask(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(64, activation="relu")
        self.answers = keras.layers.Dense(4)
        self.tracker = keras.metrics.Mean(name="loss")

    def call(self, inputs):
        return self.answers(self.hidden(inputs))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            predicted = self(x, training=True)
            measured = tf.math.is_finite(y)
            loss = tf.reduce_mean(tf.boolean_mask(y - predicted, measured) ** 2)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        self.tracker.update_state(loss)
        return {"loss": self.tracker.result()}

    @property
    def metrics(self):
        return [self.tracker]


model = MultiTask()
model.compile(optimizer="adam")
model.fit(compounds, assays, epochs=25, verbose=0)
