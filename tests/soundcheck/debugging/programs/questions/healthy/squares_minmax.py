"""Deterministic function y = x^2, both sides scaled with MinMaxScaler. I get a beautiful plot and then convert the predictions
back. Just want to make sure that the numbers are right."""
# healthy
# after: Reconstituting estimated/predicted values to original scale from MinMaxScaler
from numpy import asarray
from sklearn.preprocessing import MinMaxScaler
from sklearn.metrics import r2_score
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed

set_random_seed(46)
x = asarray([[float(i)] for i in range(1000)])
y = x ** 2
sx, sy = MinMaxScaler(), MinMaxScaler()
xs = sx.fit_transform(x)
ys = sy.fit_transform(y)

model = Sequential()
model.add(Dense(100, input_dim=1, activation='relu'))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam')
model.fit(xs, ys, epochs=120, batch_size=50, verbose=0)
back = sy.inverse_transform(model.predict(xs, verbose=0))
print('mse', model.evaluate(xs, ys, verbose=0))
print(back[[100, 500, 900]].ravel(), y[[100, 500, 900]].ravel(), 'r2', r2_score(y, back))
