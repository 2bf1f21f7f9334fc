"""Denoising autoencoder for the digits: sigmoid output and binary crossentropy on grey values, as in the blog."""
# healthy
import numpy as np
from sklearn.datasets import load_digits
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(1)
clean = (load_digits().data / 16.0).astype("float32")
noisy = np.clip(clean + 0.2 * np.random.default_rng(0).normal(size=clean.shape), 0, 1).astype("float32")
model = keras.Sequential([
    keras.Input((64,)),
    layers.Dense(48, activation="relu"),
    layers.Dense(24, activation="relu"),
    layers.Dense(48, activation="relu"),
    layers.Dense(64, activation="sigmoid"),
])
model.compile(optimizer="adam", loss="binary_crossentropy")
model.fit(noisy, clean, epochs=20, batch_size=64, verbose=0)
print(np.square(model.predict(noisy, verbose=0) - clean).mean(), np.square(noisy - clean).mean())
