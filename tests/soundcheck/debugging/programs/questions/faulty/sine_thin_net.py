"""Curve fitting of sin(x) with relu units. It works, just not well: the result is a couple of straight pieces and the
loss hangs at the same value, however long I let it run."""
# fault: capacity_too_small
# why: two relu units per layer cannot bend often enough; mse 0.390 (variance 0.5) so, 0.0003 with 48 units
# after: Keras and Learning Sine
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.optimizers import Adam
from keras.utils import set_random_seed

set_random_seed(35)
data = (np.random.random((4000, 1)) - .5) * 4 * np.pi
vals = np.sin(data)

model = Sequential()
model.add(Dense(2, input_dim=1))
model.add(Activation('relu'))
model.add(Dense(2))
model.add(Activation('relu'))
model.add(Dense(1))
model.compile(loss='mean_squared_error', optimizer=Adam(0.005))
model.fit(data / np.pi, vals, epochs=40, batch_size=32, verbose=2)
grid = np.linspace(-2 * np.pi, 2 * np.pi, 200).reshape(-1, 1)
print('mse on a grid', np.mean((model.predict(grid / np.pi, verbose=0) - np.sin(grid)) ** 2))
