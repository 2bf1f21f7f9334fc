"""
LSTM for stock market returns, R2 of 0.99 on days it has never seen. Everybody tells me this is impossible with
daily returns. The test days come strictly after the training days, the scaler is
fitted on the training part. What do I overlook? In live trading it earns nothing.
"""
# fault: data_leak
# why: the window contains the day to be predicted: R2 0.9998 so, -0.0006 with the window ending a day earlier
# after: Can stock prices be predicted with LSTM neural networks?
import numpy as np
from sklearn.preprocessing import StandardScaler
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import LSTM, Dense

rng = np.random.default_rng(71)
price = 100 * np.exp(np.cumsum(rng.normal(0.0003, 0.012, 1600)))
returns = np.diff(np.log(price)).reshape(-1, 1)
n_train = 1200
sc = StandardScaler().fit(returns[:n_train])
r = sc.transform(returns)

look_back = 15
X, y = [], []
for i in range(look_back, len(r)):
    X.append(r[i - look_back + 1:i + 1])
    y.append(r[i, 0])
X, y = np.array(X), np.array(y)
X_train, y_train, X_test, y_test = X[:n_train], y[:n_train], X[n_train:], y[n_train:]

model = Sequential()
model.add(LSTM(32, input_shape=(look_back, 1)))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam')
model.fit(X_train, y_train, epochs=20, batch_size=32, validation_split=0.1, verbose=2)
p = model.predict(X_test, verbose=0).ravel()
print('test R2', 1 - np.mean((p - y_test) ** 2) / y_test.var())
