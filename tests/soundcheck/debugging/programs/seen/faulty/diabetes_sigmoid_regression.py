"""Predicting disease progression. My network returns 1.0 for every patient, the MSE is about 29000."""
# fault: output_activation
# why: a sigmoid ends at 1 and the targets go from 25 to 346.
from sklearn.datasets import load_diabetes
from tensorflow import keras
from tensorflow.keras import layers

x, y = load_diabetes(return_X_y=True)
x = (x - x.mean(axis=0)) / x.std(axis=0)

inputs = keras.Input(shape=(10,))
h = layers.Dense(64, activation="relu")(inputs)
h = layers.Dense(32, activation="relu")(h)
outputs = layers.Dense(1, activation="sigmoid")(h)
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
model.fit(x, y, epochs=20, validation_split=0.2, verbose=0)
print(model.predict(x[:5], verbose=0))
