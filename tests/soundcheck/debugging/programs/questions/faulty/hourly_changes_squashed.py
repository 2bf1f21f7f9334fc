"""
Keras LSTM predicted timeseries squashed and shifted. Given the last 48 hourly values predict the next one.
Even on the training set the amplitude of the prediction is way off. I have scaled everything.
It is the minimal version of my code, it runs through in a moment.
"""
# fault: epochs_too_few
# why: 18 updates only: mse 0.70 (variance 1.0) so, 0.034 with 15 epochs
# after: Keras LSTM predicted timeseries squashed and shifted
import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense

np.random.seed(19)
hours = np.arange(1500)
vals = np.sin(2 * np.pi * hours / 24) + 0.5 * np.sin(2 * np.pi * hours / 8 + 1) + np.random.normal(0, 0.1, 1500)
vals = (vals - vals.mean()) / vals.std()
seq_len = 48
X = np.array([vals[i:i + seq_len] for i in range(len(vals) - seq_len)]).reshape(-1, seq_len, 1)
y = vals[seq_len:]
trainX, trainy, testX, testy = X[:1150], y[:1150], X[1150:], y[1150:]

model = Sequential()
model.add(LSTM(25, input_shape=(seq_len, 1)))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam')
model.fit(trainX, trainy, epochs=1, batch_size=64, verbose=1, shuffle=True)
pred = model.predict(testX, verbose=0).flatten()
print('std of prediction', pred.std(), 'std of truth', testy.std(), 'mse', np.mean((pred - testy) ** 2))
