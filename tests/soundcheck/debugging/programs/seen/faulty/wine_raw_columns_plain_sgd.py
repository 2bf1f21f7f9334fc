"""Classifying the wine data set always gives me 40 % accuracy, whatever number of layers I try.

Loss goes down in the first two epochs and then just sits at 1.08. sklearn gets 97 % on the same data.
"""
# fault: input_not_normalised
# why: proline is about 750 and hue about 1; with the raw columns the first SGD step kills the ReLUs.

import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(1)
X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=1, stratify=y)

model = keras.Sequential(
    [
        keras.Input(shape=(13,)),
        layers.Dense(32, activation="relu"),
        layers.Dense(16, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(
    optimizer=keras.optimizers.SGD(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
model.fit(X_train, y_train, epochs=40, batch_size=16, verbose=0, validation_data=(X_test, y_test))
print("accuracy", model.evaluate(X_test, y_test, verbose=0)[1], np.bincount(y_test))
