"""My expected data lie in (0, infinity), the input in (-1, 1). I took the advice to leave the last layer linear. There are a few small
negative numbers among the predictions, can't figure out why."""
# healthy
# after: Nonlinear regression using Keras
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.optimizers import RMSprop
from keras.utils import set_random_seed
from sklearn.metrics import r2_score

set_random_seed(55)
X = np.random.uniform(-1, 1, size=(3000, 3))
y = np.exp(X[:, 0]) * (1 + X[:, 1]) ** 2 / 2 + np.abs(X[:, 2])

model = Sequential()
model.add(Dense(64, input_dim=3, kernel_initializer='he_uniform'))
model.add(Activation('relu'))
model.add(Dense(32, kernel_initializer='he_uniform'))
model.add(Activation('relu'))
model.add(Dense(1))
model.compile(loss='mse', optimizer=RMSprop(learning_rate=0.001))
model.fit(X[:2400], y[:2400], epochs=30, batch_size=32, verbose=2, validation_split=0.1)
p = model.predict(X[2400:], verbose=0).ravel()
print('negative ones:', int((p < 0).sum()), 'of', len(p), ' r2', r2_score(y[2400:], p))
