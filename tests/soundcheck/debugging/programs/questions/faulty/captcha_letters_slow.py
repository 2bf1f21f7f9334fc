"""
Why is my model not learning? Captcha letters, plain CNN. Loss goes 2.31, 2.30, 2.30, 2.29 ... accuracy 12, 13, 14 %.
I read that a small step is safer, so that it does not jump over the minimum. I let it
run 15 epochs; it is not diverging but I cannot see it arriving anywhere.
"""
# fault: learning_rate_low
# why: Adam at 1e-6: accuracy 0.10 so, 0.91 at 1e-3
# after: Keras: why is my autoencoder model not learning?
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, optimizers
from sklearn.datasets import load_digits

tf.random.set_seed(12)
d = load_digits()
rng = np.random.default_rng(12)
letters = np.kron(d.images, np.ones((2, 2)))[..., None] / 16.0
letters = (letters + rng.normal(0, 0.15, letters.shape)).astype("float32")
x_tr, x_te, y_tr, y_te = letters[:1400], letters[1400:], d.target[:1400], d.target[1400:]

model = tf.keras.models.Sequential([
    layers.Input(shape=(16, 16, 1)),
    layers.Conv2D(16, 5, padding="same", activation="relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(32, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(64, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
model.compile(loss="sparse_categorical_crossentropy",
              optimizer=optimizers.Adam(learning_rate=1e-6), metrics=["accuracy"])
model.fit(x_tr, y_tr, epochs=15, batch_size=32, validation_data=(x_te, y_te), verbose=2)
print("Test accuracy: %.3f" % model.evaluate(x_te, y_te, verbose=0)[1])
