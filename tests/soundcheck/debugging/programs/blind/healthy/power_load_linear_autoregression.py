"""Hourly power load with a plain linear autoregression: one Dense(1) on the last 48 hours,
against the seasonal-naive forecast. No hidden layer on purpose."""
# healthy
import numpy as np
import pandas as pd
import tensorflow as tf

tf.random.set_seed(0)
np.random.seed(0)

hours = pd.date_range('2023-01-01', periods=24 * 75, freq='h')
load = (3.0 + 0.8 * np.sin(2 * np.pi * (hours.hour - 8) / 24)
        + 0.3 * np.sin(4 * np.pi * hours.hour / 24)
        - 0.4 * (hours.dayofweek >= 5))
drift = np.zeros(len(hours))
for i in range(1, len(hours)):
    drift[i] = 0.95 * drift[i - 1] + np.random.normal(0, 0.05)
load = pd.Series(load + drift, index=hours)

train, test = load.iloc[:24 * 60], load.iloc[24 * 60 - 48:]
mean, std = train.mean(), train.std()


def windows(series, shuffle):
    z = ((series - mean) / std).to_numpy('float32')
    return tf.keras.utils.timeseries_dataset_from_array(
        z[:-1], z[48:], sequence_length=48, batch_size=64, shuffle=shuffle, seed=0)


train_ds, test_ds = windows(train, True), windows(test, False)

model = tf.keras.Sequential([tf.keras.Input((48,)), tf.keras.layers.Dense(1)])
model.compile(optimizer=tf.keras.optimizers.Adam(0.01), loss='mse', metrics=['mae'])
model.fit(train_ds, shuffle=False, epochs=10, validation_data=test_ds, verbose=0)

mae = model.evaluate(test_ds, verbose=0)[1] * std
naive = (test - test.shift(24)).iloc[48:].abs().mean()
print(f'MAE {mae:.3f} GW, seasonal naive {naive:.3f} GW, spread {test.std():.3f} GW')
