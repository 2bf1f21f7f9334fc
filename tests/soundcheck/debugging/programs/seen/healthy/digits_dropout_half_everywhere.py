"""Digits with dropout of a half after every layer: training accuracy is below validation accuracy, as it
should.
"""

# healthy
from keras import Input, Sequential, layers, utils
from sklearn.datasets import load_digits

utils.set_random_seed(2)
X, y = load_digits(return_X_y=True)
X = X / 16.0
model = Sequential(
    [
        Input((64,)),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=12, batch_size=64, validation_split=0.2, verbose=0)
