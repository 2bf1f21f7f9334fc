"""My net learns y=x**3 quite ok, but with y=x**4 on [-100, 100] all predictions are nearly the same small number and
loss is around 1e15. Why does it fail?"""
# fault: target_not_normalised
# why: targets up to 1e8, the output can only creep there; R2 -0.52 so, 0.99 with y divided by 1e8
# after: Why do I fail to predict y=x**4 with Keras? (y=x**3 works)
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.metrics import r2_score

set_random_seed(2)
x = np.linspace(-100, 100, 2001).reshape(-1, 1)
y = x ** 4
order = np.random.permutation(len(x))
x, y = x[order] / 100., y[order]

model = Sequential()
model.add(Dense(50, input_shape=(1,), activation='tanh'))
model.add(Dense(50, activation='elu'))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam')
model.fit(x[:1600], y[:1600], epochs=120, batch_size=50, verbose=2)
p = model.predict(x[1600:], verbose=0)
print('x, y, prediction')
for row in range(5):
    print(x[1600 + row, 0] * 100, y[1600 + row, 0], p[row, 0])
print('r2', r2_score(y[1600:], p))
