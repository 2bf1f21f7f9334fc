"""
Subclassed model with a tf.data pipeline; the last layer has no softmax, the outputs are numbers like -7 or 12. Accuracy is
fine, so are these "probabilities" a sign that something is wrong in training?
"""
# healthy
# after: tf.keras SparseCategoricalCrossentropy(from_logits=True), logits for each class (TensorFlow 2 quickstart question)
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

tf.random.set_seed(8)
d = load_digits()
a, b, ya, yb = train_test_split((d.images[..., None] / 16.0).astype("float32"), d.target, random_state=8)
train_ds = tf.data.Dataset.from_tensor_slices((a, ya)).shuffle(1500).batch(32).prefetch(tf.data.AUTOTUNE)
test_ds = tf.data.Dataset.from_tensor_slices((b, yb)).batch(64)


class MyModel(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = tf.keras.layers.Conv2D(32, 3, activation="relu")
        self.flat = tf.keras.layers.Flatten()
        self.d1 = tf.keras.layers.Dense(64, activation="relu")
        self.drop = tf.keras.layers.Dropout(0.2)
        self.d2 = tf.keras.layers.Dense(10)

    def call(self, x, training=False):
        x = self.d1(self.flat(self.conv(x)))
        return self.d2(self.drop(x, training=training))


model = MyModel()
model.compile(optimizer="adam", loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(train_ds, epochs=15, validation_data=test_ds, verbose=2)
print(model.predict(b[:2], verbose=0))
print(model.evaluate(test_ds, verbose=0))
