"""Was trying to fit a very simple feedforward network to a one-dimensional sine over three periods. I was playing with the number of
layers, initialisation, batch size and number of samples and the curve comes out flat. Is sine that hard?"""
# fault: input_not_normalised
# why: x from -540 to 540 goes raw into tanh; test mse 0.357 (variance 0.510) so, 0.018 with x divided by 120
# after: Neural network toy model to fit sine function fails, what's wrong?
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import Adam
from keras.utils import set_random_seed

set_random_seed(34)
degrees = np.random.uniform(-540, 540, size=(3000, 1))
wave = np.sin(np.deg2rad(degrees))

model = Sequential()
model.add(Dense(40, input_dim=1, activation='tanh'))
model.add(Dense(40, activation='tanh'))
model.add(Dense(1, activation='linear'))
model.compile(loss='mean_squared_error', optimizer=Adam(0.003))
model.fit(degrees[:2500], wave[:2500], epochs=60, batch_size=50, verbose=2)
err = np.mean((model.predict(degrees[2500:], verbose=0) - wave[2500:]) ** 2)
print('test mse', err, 'variance of the sine', wave.var())
