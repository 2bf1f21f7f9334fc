"""x is normalised, the function is a simple parabola, and still the loss is nan after the first epochs.
Why is this toy example so difficult for a neural net?"""
# fault: target_not_normalised or learning_rate_high
# why: targets up to 1e4 with sgd at 0.01 explode: nan so; error 0.04 of the spread with y standardised, 0.02 with learning rate 1e-5
# after: Why is deep neural net with linear activation diverges?
import numpy as np
import keras
from keras.models import Sequential
from keras.layers import Dense

keras.utils.set_random_seed(4)
x = np.arange(400)[:, np.newaxis] / 4.
f = lambda v: v ** 2 + 3
y = f(x)
x_normed = (x - x.mean()) / x.std()

km = Sequential()
km.add(Dense(24, activation='relu', input_dim=1))
km.add(Dense(1, activation=None))
km.compile('sgd', loss='mse')
hist = km.fit(x_normed, y, epochs=150, verbose=0)
print('losses', hist.history['loss'][:3], '...', hist.history['loss'][-1])
pred = km.predict(x_normed, verbose=0)
print('mean abs error relative to the spread of y:', np.abs(pred - y).mean() / y.std())
