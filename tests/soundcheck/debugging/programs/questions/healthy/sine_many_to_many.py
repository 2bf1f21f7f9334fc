"""
Train an LSTM on pieces of sine waves of random phase, next value at every step. I used 50 time steps
instead of 1 as suggested. Is the remaining error normal?
"""
# healthy
# after: LSTM with Keras for sine prediction, look_back of 1
import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense, TimeDistributed

np.random.seed(1)
n, T = 600, 40
ph = np.random.rand(n, 1) * 2 * np.pi
waves = np.sin(np.linspace(0, 2 * np.pi, T + 1)[None, :] + ph) + np.random.normal(0, 0.02, (n, T + 1))
X, Y = waves[:, :-1, None], waves[:, 1:, None]
model = Sequential()
model.add(LSTM(24, return_sequences=True, input_shape=(T, 1)))
model.add(LSTM(24, return_sequences=True))
model.add(TimeDistributed(Dense(1)))
model.compile(loss='mean_squared_error', optimizer='adam')
model.fit(X[:480], Y[:480], epochs=30, batch_size=16, validation_data=(X[480:], Y[480:]), verbose=2)
p = model.predict(X[480:], verbose=0)
print('mse', np.mean((p - Y[480:]) ** 2), 'variance', Y[480:].var())
