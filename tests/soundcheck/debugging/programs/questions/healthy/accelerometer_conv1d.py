"""
Human activity recognition with a 1D CNN, three axes, windows of 64 samples. Transposed, standardised per channel on the training
part. Confusion only between walking and stairs. Could I still improve it?
"""
# healthy
# after: How to Develop 1D Convolutional Neural Network Models for Human Activity Recognition
import numpy as np
from keras.models import Sequential
from keras.layers import Conv1D, MaxPooling1D, Dropout, Flatten, Dense
from keras.utils import to_categorical

rng = np.random.default_rng(9)
n, T = 1500, 64
kind = rng.integers(0, 4, n)
t = np.arange(T)
raw = np.empty((n, 3, T))
for i, k in enumerate(kind):
    f = [0.0, 0.35, 0.42, 0.8][k] + rng.normal(0, 0.02)
    amp = [0.0, 2.0, 2.6, 5.0][k] * rng.uniform(0.8, 1.2)
    for c, g in enumerate((0.3, 1.0, 0.5)):
        raw[i, c] = 9.8 * (c == 1) + amp * g * np.sin(f * t + rng.uniform(0, 6.28)) + rng.normal(0, 0.8, T)
X = raw.transpose(0, 2, 1)
mu, sd = X[:1100].mean(axis=(0, 1)), X[:1100].std(axis=(0, 1))
X = (X - mu) / sd
Y = to_categorical(kind)
model = Sequential()
model.add(Conv1D(filters=32, kernel_size=5, activation='relu', input_shape=(T, 3)))
model.add(Conv1D(filters=32, kernel_size=5, activation='relu'))
model.add(Dropout(0.5))
model.add(MaxPooling1D(pool_size=2))
model.add(Flatten())
model.add(Dense(50, activation='relu'))
model.add(Dense(4, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X[:1100], Y[:1100], epochs=12, batch_size=32, verbose=2, validation_data=(X[1100:], Y[1100:]))
print('accuracy', model.evaluate(X[1100:], Y[1100:], verbose=0)[1])
