"""I added dropout against overfitting, now my training accuracy is stuck around 40 %. More epochs do not
help.
"""

# fault: dropout
# why: 95 % of the units are dropped after each layer, so hardly any signal passes.
import numpy as np
import tensorflow as tf
from sklearn.datasets import make_classification
from tensorflow.keras import layers

tf.keras.utils.set_random_seed(6)
X, y = make_classification(n_samples=600, n_features=20, n_informative=10, n_classes=4, random_state=1)
X = ((X - X.mean(0)) / X.std(0)).astype(np.float32)

model = tf.keras.Sequential(
    [
        tf.keras.Input((20,)),
        layers.Dense(32, activation="relu"),
        layers.Dropout(0.95),
        layers.Dense(32, activation="relu"),
        layers.Dropout(0.95),
        layers.Dense(32, activation="relu"),
        layers.Dropout(0.95),
        layers.Dense(4, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=30, batch_size=32, verbose=0)
