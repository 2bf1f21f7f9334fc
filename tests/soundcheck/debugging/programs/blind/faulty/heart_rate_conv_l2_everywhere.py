"""Estimate the heart rate (standardised) from 4 second pulse-wave windows with a Conv1D regressor.
It overfitted once, so I added L2 to every layer. Now every prediction is the mean heart rate."""
# fault: weight_penalty
# why: l2(0.5) on every kernel drives all weights to zero; mae 24.4 bpm (constant prediction) with the fault, 1.5 with l2(1e-4).
import keras
import numpy as np
from keras import layers, regularizers

keras.utils.set_random_seed(30)
rng = np.random.default_rng(30)

fs, seconds = 20, 4
t = np.arange(fs * seconds) / fs
bpm = rng.uniform(50, 150, 1500)
phase = rng.uniform(0, 2 * np.pi, (1500, 1))
beat = 2 * np.pi * (bpm / 60)[:, None] * t + phase
wave = np.sin(beat) + 0.4 * np.sin(2 * beat) + rng.normal(0, 0.2, beat.shape)
X = wave[..., None].astype("float32")
y = ((bpm - 100) / 29).astype("float32")

reg = regularizers.l2(0.5)

model = keras.Sequential(
    [
        layers.Input((t.size, 1)),
        layers.Conv1D(16, 7, activation="relu", kernel_regularizer=reg),
        layers.Conv1D(24, 7, strides=2, activation="relu", kernel_regularizer=reg),
        layers.GlobalAveragePooling1D(),
        layers.Dense(24, activation="relu", kernel_regularizer=reg),
        layers.Dense(1, kernel_regularizer=reg),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse", metrics=["mae"])
model.fit(X[:1200], y[:1200], epochs=10, batch_size=32,
          validation_data=(X[1200:], y[1200:]), verbose=0)

pred = model.predict(X[1200:], verbose=0)[:, 0]
print("spread of predictions", pred.std(), "of targets", y[1200:].std())
print("mae in bpm:", 29 * np.abs(pred - y[1200:]).mean())
