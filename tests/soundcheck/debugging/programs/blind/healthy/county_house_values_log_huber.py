"""House values with a long tail: train on the log price with Huber loss, back to money at the end.
ReduceLROnPlateau squeezes out the last bit."""
# healthy
import numpy as np
import pandas as pd
import keras
from keras import layers
from keras.callbacks import ReduceLROnPlateau

keras.utils.set_random_seed(55)
rng = np.random.default_rng(55)

n = 1000
homes = pd.DataFrame({
    "sqft": rng.lognormal(7.5, 0.35, n),
    "beds": rng.integers(1, 6, n),
    "grade": rng.integers(4, 12, n),
    "age": rng.integers(0, 100, n),
    "lat": rng.uniform(47.2, 47.8, n),
    "waterfront": (rng.random(n) < 0.05).astype(int),
})
log_value = (0.8 * np.log(homes.sqft) + 0.15 * homes.grade + 0.9 * (homes.lat - 47.5) - 0.002 * homes.age
             + 0.5 * homes.waterfront + 5.8 + rng.standard_t(4, n) * 0.09)
homes["value"] = np.exp(log_value)

train = homes.sample(frac=0.8, random_state=5)
valid = homes.drop(train.index)


def prepare(frame):
    f = frame.drop(columns="value")
    f = f.assign(sqft=np.log(f.sqft))
    return f


mean, std = prepare(train).mean(), prepare(train).std()
x_train = ((prepare(train) - mean) / std).to_numpy("float32")
x_valid = ((prepare(valid) - mean) / std).to_numpy("float32")
log_mean = np.log(train.value).mean()
y_train = (np.log(train.value) - log_mean).to_numpy("float32")
y_valid = (np.log(valid.value) - log_mean).to_numpy("float32")

model = keras.Sequential([
    keras.Input((6,)),
    layers.Dense(32, activation="swish"),
    layers.Dense(16, activation="swish"),
    layers.Dense(1),
])
model.compile(optimizer=keras.optimizers.Adam(0.005), loss=keras.losses.Huber(delta=0.5), metrics=["mae"])
model.fit(x_train, y_train, validation_data=(x_valid, y_valid), epochs=25, batch_size=64, verbose=0,
          callbacks=[ReduceLROnPlateau(patience=5, factor=0.5, min_lr=1e-4)])

money = np.exp(model.predict(x_valid, verbose=0)[:, 0] + log_mean)
print("median error %.1f %%" % (100 * np.median(np.abs(money - valid.value) / valid.value)))
print("r2 of the log", 1 - np.mean((np.log(money) - np.log(valid.value)) ** 2) / np.var(np.log(valid.value)))
