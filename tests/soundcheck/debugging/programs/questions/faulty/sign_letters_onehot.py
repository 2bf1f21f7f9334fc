"""
First steps with tf.data. Hand sign pictures, six letters, labels through to_categorical as in my other
project. fit stops with an error about shapes, and I cannot see which shape is wrong: the last
layer has 6 units and y has 6 columns.
"""
# fault: label_encoding or loss_function
# why: one-hot labels with the sparse loss: fit stops with a ValueError; validation accuracy 0.97 with categorical_crossentropy
# after: Can not achieve desired accuracy
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers
from tensorflow.keras.utils import to_categorical
from sklearn.datasets import load_digits

tf.random.set_seed(9)
d = load_digits(n_class=6)
images = (d.images[..., None] / 16.0).astype("float32")
labels = to_categorical(d.target, 6)
idx = np.random.default_rng(9).permutation(len(images))
tr, va = idx[:850], idx[850:]
train_ds = tf.data.Dataset.from_tensor_slices((images[tr], labels[tr])).shuffle(1000).batch(32).prefetch(2)
val_ds = tf.data.Dataset.from_tensor_slices((images[va], labels[va])).batch(32)

model = tf.keras.Sequential([
    layers.Input((8, 8, 1)),
    layers.Conv2D(32, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(64, activation="relu"),
    layers.Dense(6, activation="softmax"),
])
model.compile(optimizer=tf.keras.optimizers.Adam(0.001),
              loss="sparse_categorical_crossentropy", metrics=["accuracy"])
hist = model.fit(train_ds, validation_data=val_ds, epochs=10, verbose=2)
print("validation accuracy", hist.history["val_accuracy"][-1])
