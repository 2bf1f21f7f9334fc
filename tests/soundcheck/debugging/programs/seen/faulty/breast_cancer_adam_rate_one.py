"""Keras binary classifier predicts the same class for everybody, although the scikit-learn model gets 97
%.
"""

# fault: learning_rate_high
# why: Adam moves every weight by about its rate: with 1.0 the ReLU units die within a few steps.
import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(7)
data = load_breast_cancer()
x = StandardScaler().fit_transform(data.data).astype(np.float32)
y = data.target

inputs = keras.Input(shape=(x.shape[1],))
h = layers.Dense(32, activation="relu")(inputs)
h = layers.Dense(16, activation="relu")(h)
h = layers.Dense(16, activation="relu")(h)
outputs = layers.Dense(1, activation="sigmoid")(h)
model = keras.Model(inputs, outputs)

model.compile(optimizer=keras.optimizers.Adam(1.0), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, validation_split=0.2, epochs=12, batch_size=32, verbose=0)
print(history.history["accuracy"][-1])
