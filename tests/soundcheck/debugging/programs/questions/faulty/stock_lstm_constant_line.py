"""
Multi-layer Keras LSTM, predicting tomorrow's closing price from the last 20 days. After training
the prediction is one flat line far away from the prices. The loss is enormous and
goes down only very slowly. I tried 3 epochs and 20 epochs, always converges to a constant.
"""
# fault: target_not_normalised or input_not_normalised
# why: prices of 2400 unscaled: R2 -103 (constant 21) so, 0.98 with prices centred and scaled
# after: Multilayer Keras LSTM model stock price predictions converge to a constant value
import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense, Dropout

np.random.seed(21)
days = 1300
base = 2400 + 300 * np.sin(np.arange(days) / 40.0) + 150 * np.sin(np.arange(days) / 11.0)
close = base + np.random.normal(0, 12, days)
look_back = 20
x, y = [], []
for i in range(look_back, days):
    x.append(close[i - look_back:i])
    y.append(close[i])
x, y = np.array(x).reshape(-1, look_back, 1), np.array(y)
x_train, y_train, x_test, y_test = x[:1000], y[:1000], x[1000:], y[1000:]

model = Sequential()
model.add(LSTM(40, return_sequences=True, input_shape=(look_back, 1)))
model.add(Dropout(0.1))
model.add(LSTM(30))
model.add(Dense(1, activation='linear', kernel_initializer='normal'))
model.compile(loss='mean_squared_error', optimizer='rmsprop')
model.fit(x_train, y_train, epochs=20, batch_size=32, verbose=2)
pred = model.predict(x_test, verbose=0).ravel()
print('predictions', pred[:4], 'truth', y_test[:4].round())
print('R2', 1 - ((pred - y_test) ** 2).mean() / y_test.var())
