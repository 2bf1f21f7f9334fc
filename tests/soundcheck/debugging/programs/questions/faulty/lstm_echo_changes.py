"""
I am trying to train an LSTM to predict the next value of a series from the last 8 values.
The loss falls a bit in the first epochs and then stays, half of what it predicts
is exactly 0.0 and the curve never follows the signal down. Thanks for any help.
"""
# fault: output_activation
# why: relu cannot give the negative half of the series: test mse 0.296 (variance 0.57) so, 0.012 with a linear output
# after: Time Series Keras LSTM: echoing instead of predicting
import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense

np.random.seed(5)
t = np.arange(2200)
series = np.sin(t / 7.0) + 0.4 * np.sin(t / 2.3) + np.random.normal(0, 0.05, len(t))
window = 8
X = np.array([series[i:i + window] for i in range(len(series) - window)])[..., None]
y = series[window:]
train_X, test_X = X[:1700], X[1700:]
train_y, test_y = y[:1700], y[1700:]

model = Sequential()
model.add(LSTM(32, input_shape=(train_X.shape[1], train_X.shape[2])))
model.add(Dense(1, activation='relu'))
model.compile(loss='mse', optimizer='adam')
history = model.fit(train_X, train_y, epochs=25, validation_data=(test_X, test_y), batch_size=20, verbose=2, shuffle=False)
p = model.predict(test_X, verbose=0)[:, 0]
print('test mse', np.mean((p - test_y) ** 2), 'variance', test_y.var())
