"""L1 drives most weights to zero on purpose: we want to see which measurements matter."""

# healthy
import keras
from keras import layers, regularizers
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(6)
X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
model = keras.Sequential(
    [
        keras.Input((30,)),
        layers.Dense(16, activation="relu", kernel_regularizer=regularizers.l1(0.01)),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=40, batch_size=32, validation_split=0.2, verbose=0)
