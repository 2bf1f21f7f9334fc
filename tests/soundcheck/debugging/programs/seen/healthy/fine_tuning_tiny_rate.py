"""Train, then fine-tune everything with a rate of 1e-5: the second training hardly changes anything, as
wanted.
"""

# healthy
import keras
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(7)
X, y = load_digits(return_X_y=True)
X = X / 16.0
model = keras.Sequential(
    [keras.Input((64,)), layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=15, batch_size=32, verbose=0)
model.compile(keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=3, batch_size=32, verbose=0)
