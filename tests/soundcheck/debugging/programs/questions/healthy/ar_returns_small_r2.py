"""
Time series of hourly changes; the predicted curve is squashed, its amplitude is about half of the truth, and R2 is only ~0.3.
20 epochs, everything scaled. Is my LSTM wrong?
"""
# healthy
# after: Keras LSTM predicted timeseries squashed and shifted
import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense

np.random.seed(11)
N = 4000
e = np.random.normal(size=N)
v = np.zeros(N)
for i in range(1, N):
    v[i] = 0.6 * v[i - 1] + e[i]
v = v / v[:3000].std()
seq_len = 10
X = np.array([v[i:i + seq_len] for i in range(N - seq_len)])[..., None]
y = v[seq_len:]
model = Sequential()
model.add(LSTM(12, input_shape=(seq_len, 1)))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam')
model.fit(X[:3000], y[:3000], epochs=15, batch_size=32, validation_data=(X[3000:], y[3000:]), verbose=2)
p = model.predict(X[3000:], verbose=0).ravel()
print('R2', 1 - np.mean((p - y[3000:]) ** 2) / y[3000:].var(), 'best possible about 0.36')
