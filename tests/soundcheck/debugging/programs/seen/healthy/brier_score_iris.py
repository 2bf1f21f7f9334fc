"""Iris with the Brier score as the loss, since we want calibrated probabilities."""
# healthy
import keras
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(2)
x, y = load_iris(return_X_y=True)
x = StandardScaler().fit_transform(x)
model = keras.Sequential([keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(3, activation="softmax")])
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse", metrics=["categorical_accuracy"])
model.fit(x, keras.utils.to_categorical(y), epochs=40, batch_size=16, verbose=0)
print(model.evaluate(x, keras.utils.to_categorical(y), verbose=0))
