"""Autoencoder for anomaly detection on 16 machine sensors, scaled with StandardScaler like in all the examples.
The reconstruction error stops at about 0.6 and does not go lower, although the sensors are strongly correlated."""
# fault: output_activation
# why: the sigmoid gives only 0..1 but standardised values are negative half of the time (validation mse 0.013 without, 0.572 with)
import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(11)
rs = np.random.RandomState(11)

# three things drive the machine: load, ambient temperature, speed
drivers = np.c_[rs.normal(size=1200), rs.normal(size=1200), rs.uniform(-1.7, 1.7, size=1200)]
mixing = rs.normal(size=(3, 16))
sensors = drivers @ mixing + 0.3 * np.tanh(drivers[:, :1] * drivers[:, 1:2]) + rs.normal(scale=0.15, size=(1200, 16))
sensors = sensors * rs.uniform(0.5, 40, size=16) + rs.uniform(0, 300, size=16)

train, test = train_test_split(sensors, test_size=0.25, random_state=0)
scaler = StandardScaler()
train = scaler.fit_transform(train)
test = scaler.transform(test)

inp = keras.Input(shape=(16,))
x = layers.Dense(32, activation="relu")(inp)
code = layers.Dense(4, name="code")(x)
x = layers.Dense(32, activation="relu")(code)
out = layers.Dense(16, activation="sigmoid")(x)

autoencoder = keras.Model(inp, out, name="sensor_autoencoder")
autoencoder.compile(optimizer=keras.optimizers.Adam(5e-3), loss="mse")
history = autoencoder.fit(train, train, epochs=15, batch_size=32, validation_data=(test, test), verbose=0)

errors = np.mean((autoencoder.predict(test, verbose=0) - test) ** 2, axis=1)
threshold = np.percentile(errors, 99)
print("val mse", round(history.history["val_loss"][-1], 4))
print("threshold", round(float(threshold), 4))
