"""
Recurrent net on long sequences gives loss: nan in the first epoch (sometimes the first batch). The values are all
between 0 and 1, there is no NaN in them, I checked with np.isnan. Regression to one number. I take relu as
everybody says it is better than tanh.
"""
# fault: exploding_gradient or hidden_activation
# why: relu recurrence over 100 steps: loss nan in the first epoch so, val mse 0.30 (variance 0.55) with clipnorm=0.5
# after: LSTM training fades to Nan when batch_number>=2
import numpy as np
from keras.models import Sequential
from keras.layers import SimpleRNN, Dense
from keras.optimizers import SGD

np.random.seed(3)
n, steps = 800, 100
X = np.random.rand(n, steps, 2)
X[:, :, 1] = (np.random.rand(n, steps) < 0.05)
y = X[:, -30:, :].prod(axis=2).sum(axis=1)
print(np.isnan(X).any(), np.isnan(y).any())

model = Sequential()
model.add(SimpleRNN(64, activation='relu', recurrent_initializer='identity', input_shape=(steps, 2)))
model.add(Dense(1))
model.compile(loss='mse', optimizer=SGD(learning_rate=0.01, momentum=0.9))
h = model.fit(X[:600], y[:600], epochs=10, batch_size=32, validation_data=(X[600:], y[600:]), verbose=2)
print('val mse', h.history['val_loss'][-1], 'variance of y', y[600:].var())
