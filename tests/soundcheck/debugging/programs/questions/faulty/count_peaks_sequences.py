"""
Predict ONE number for each sequence (how many pulses were in it) with an LSTM. The loss remains at more than a quarter of
the variance of my target, and predict gives me a (n, 40, 1) array, of which I plot
the mean. Shouldn't be a difficult problem for an LSTM?
"""
# fault: layer_misuse
# why: return_sequences=True asks for the total at every step: mse 0.072 (variance 0.25) so, 0.004 with the last state only
# after: How does Dense work with LSTM with return_sequences?
import numpy as np
import tensorflow as tf
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import LSTM, Dense

np.random.seed(41)
tf.random.set_seed(41)
n, T = 1500, 40
X = np.random.normal(0, 0.1, (n, T, 1))
rate = np.random.uniform(0.02, 0.4, (n, 1))
pulses = np.random.rand(n, T) < rate
X[pulses, 0] += 1.0
y = pulses.sum(axis=1, keepdims=True) / 10.0

model = Sequential()
model.add(LSTM(32, return_sequences=True, input_shape=(T, 1)))
model.add(Dense(16, activation='relu'))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam')
model.fit(X[:1200], y[:1200], epochs=20, batch_size=32, validation_data=(X[1200:], y[1200:]), verbose=2)
p = model.predict(X[1200:], verbose=0)
print(p.shape, 'val mse', model.evaluate(X[1200:], y[1200:], verbose=0), 'variance', y[1200:].var())
