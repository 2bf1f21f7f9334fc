"""Daily shop sales, predict tomorrow from lags, a 7-day rolling mean and weekday flags made with
pandas. The loss hardly moves whatever learning rate I try, though a straight line through lag7 does better."""
# fault: non_finite_data
# why: shift() and rolling() leave NaN in the first rows, they poison the first kernel (relu hides the NaN downstream); test mae 0.79 with the fault, 0.24 after dropna().
import numpy as np
import pandas as pd
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import set_random_seed

set_random_seed(1)
rng = np.random.default_rng(1)

days = pd.date_range('2021-01-01', periods=900, freq='D')
weekly = np.array([0, -4, -3, 0, 5, 14, 9])[days.dayofweek]
yearly = 10 * np.sin(2 * np.pi * days.dayofyear / 365)
sales = 60 + weekly + yearly + rng.normal(0, 2.5, len(days))

df = pd.DataFrame({'sales': sales}, index=days)
df['lag1'] = df['sales'].shift(1)
df['lag7'] = df['sales'].shift(7)
df['roll7'] = df['sales'].shift(1).rolling(7).mean()
df = pd.concat([df, pd.get_dummies(df.index.dayofweek, prefix='d', dtype=float).set_index(df.index)], axis=1)

mean, std = df[['sales', 'lag1', 'lag7', 'roll7']].mean(), df[['sales', 'lag1', 'lag7', 'roll7']].std()
df[['sales', 'lag1', 'lag7', 'roll7']] = (df[['sales', 'lag1', 'lag7', 'roll7']] - mean) / std

X = df.drop(columns='sales').to_numpy('float32')
y = df['sales'].to_numpy('float32')
X_train, X_test = X[:720], X[720:]
y_train, y_test = y[:720], y[720:]

model = Sequential()
model.add(Input(shape=(X.shape[1],)))
model.add(Dense(32, activation='relu'))
model.add(Dense(16, activation='relu'))
model.add(Dense(1))
model.compile(loss='mean_squared_error', optimizer='adam', metrics=['mae'])

model.fit(X_train, y_train, epochs=15, batch_size=32, validation_data=(X_test, y_test), verbose=2)
print('test mae:', model.evaluate(X_test, y_test, verbose=0)[1])
