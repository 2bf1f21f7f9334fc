"""Median prices of suburbs in thousand dollars from 13 features on different scales, normalised with the training mean and std.
MAE on the validation is about 1.7 thousand, is there something wrong that it does not go lower?"""
# healthy
# after: Predicting house prices: a regression example
import numpy as np
from keras import models, layers
from keras.utils import set_random_seed

set_random_seed(45)
rng = np.random.RandomState(45)
n = 3000
raw = np.c_[rng.exponential(3, n), rng.uniform(0, 25, n), rng.normal(6.3, 0.7, n), rng.uniform(5, 100, n), rng.uniform(200, 700, n),
            rng.uniform(12, 22, n), rng.exponential(12, n), rng.rand(n, 6) * 100]
price = 9 * (raw[:, 2] - 3.5) - 0.3 * np.minimum(raw[:, 6], 30) - 0.3 * raw[:, 0] - 0.01 * raw[:, 4] + 10 + rng.normal(0, 2, n)
train_data, test_data = raw[:2400].copy(), raw[2400:].copy()
train_y, test_y = price[:2400], price[2400:]
mean = train_data.mean(axis=0)
train_data -= mean
std = train_data.std(axis=0)
train_data /= std
test_data = (test_data - mean) / std


def build_model():
    m = models.Sequential()
    m.add(layers.Dense(32, activation='relu', input_shape=(13,), kernel_regularizer='l2'))
    m.add(layers.Dense(32, activation='relu', kernel_regularizer='l2'))
    m.add(layers.Dense(1))
    m.compile(optimizer='rmsprop', loss='mse', metrics=['mae'])
    return m


model = build_model()
model.fit(train_data, train_y, epochs=40, batch_size=32, verbose=2, validation_split=0.1)
mse, mae = model.evaluate(test_data, test_y, verbose=0)[0], model.evaluate(test_data, test_y, verbose=0)[1]
p = model.predict(test_data, verbose=0).ravel()
print('mae', mae, 'r2', 1 - np.mean((p - test_y) ** 2) / test_y.var())
