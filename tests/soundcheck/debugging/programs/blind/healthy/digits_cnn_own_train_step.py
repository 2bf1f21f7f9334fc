"""Digits with a small convnet and my own train_step, to learn how that works in Keras 3.
Gradient clipping by global norm is done by the optimizer."""
# healthy
import tensorflow as tf
import keras
from keras import layers, ops
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(22)


class DigitNet(keras.Model):
    def __init__(self, n_classes=10):
        super().__init__()
        self.conv1 = layers.Conv2D(16, 3, activation="relu", padding="same")
        self.pool = layers.MaxPooling2D(2)
        self.conv2 = layers.Conv2D(32, 3, activation="relu", padding="same")
        self.flat = layers.Flatten()
        self.head = layers.Dense(n_classes)

    def call(self, x, training=None):
        x = self.conv2(self.pool(self.conv1(x)))
        return self.head(self.flat(x))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            logits = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=logits)
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        for m in self.metrics:
            if m.name == "loss":
                m.update_state(loss)
            else:
                m.update_state(y, logits)
        return {m.name: m.result() for m in self.metrics}


X, y = load_digits(return_X_y=True)
X = (X / 16.0).reshape(-1, 8, 8, 1).astype("float32")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=22)

net = DigitNet()
net.compile(
    optimizer=keras.optimizers.Adam(3e-3, global_clipnorm=1.0),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
net.fit(X_train, y_train, epochs=8, batch_size=32, verbose=2)
answers = ops.argmax(net.predict(X_test, verbose=0), axis=-1)
print("test accuracy", float((ops.convert_to_numpy(answers) == y_test).mean()))
