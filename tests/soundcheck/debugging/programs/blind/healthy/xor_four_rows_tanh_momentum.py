"""The classical XOR with four rows. It works for me, I only wonder whether two hidden units could do as well.
Prints the rounded answers at the end."""
# healthy
import numpy as np
import keras
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import SGD

keras.utils.set_random_seed(10)

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype='float32')
y = np.array([[0], [1], [1], [0]], dtype='float32')

model = Sequential()
model.add(keras.Input(shape=(2,)))
model.add(Dense(8, activation='tanh'))
model.add(Dense(1, activation='sigmoid'))

sgd = SGD(learning_rate=0.5, momentum=0.9)
model.compile(loss='binary_crossentropy', optimizer=sgd, metrics=['accuracy'])
model.fit(X, y, batch_size=4, epochs=110, verbose=0)

print(model.predict(X, verbose=0).round(3))
print(model.evaluate(X, y, verbose=0))
