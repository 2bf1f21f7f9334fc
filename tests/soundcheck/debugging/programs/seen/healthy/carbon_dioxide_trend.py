"""Carbon dioxide by the month, rising from year to year; the last tenth of the years is for validation."""

# healthy
import keras
import numpy as np

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
months = np.arange(1200)
series = 315 + 0.1 * months + 3 * np.sin(2 * np.pi * months / 12) + 0.3 * rng.normal(size=1200)
first, width = 1080, 24
scaled = ((series - series[:first].mean()) / series[:first].std()).astype("float32")
x = np.stack([scaled[start : start + width] for start in range(len(scaled) - width)])[..., None]
y = scaled[width:]
cut = first - width

model = keras.Sequential(
    [
        keras.Input((width, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile("adam", "mse")
model.fit(x[:cut], y[:cut], epochs=60, validation_data=(x[cut:], y[cut:]), verbose=0)
