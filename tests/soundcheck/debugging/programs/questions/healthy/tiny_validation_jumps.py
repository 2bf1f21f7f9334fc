"""
Validation loss and accuracy jump up and down from epoch to epoch, whereas the training curve is smooth. I only have 50 pictures for
validation. Do I need a smaller learning rate?
"""
# healthy
# after: acc and val_acc don't change? / noisy validation curve
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers
from sklearn.datasets import load_digits

tf.random.set_seed(17)
rng = np.random.default_rng(17)
d = load_digits()
o = rng.permutation(len(d.target))
x = ((d.images[o][..., None] - d.images.mean()) / d.images.std()).astype("float32")
y = d.target[o]
model = tf.keras.Sequential([
    layers.Input((8, 8, 1)),
    layers.Conv2D(16, 3, activation="relu", padding="same"),
    layers.Conv2D(16, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dropout(0.25),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1500], y[:1500], validation_data=(x[1500:1550], y[1500:1550]), epochs=15, batch_size=32, verbose=2)
print("large test set", model.evaluate(x[1550:], y[1550:], verbose=0))
