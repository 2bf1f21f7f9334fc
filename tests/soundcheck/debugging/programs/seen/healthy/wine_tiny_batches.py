"""Online learning: batches of two rows, plain SGD. Noisy, and good."""

# healthy
import keras
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(5)
X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
model = keras.Sequential(
    [
        keras.Input((13,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=10, batch_size=2, verbose=0)
