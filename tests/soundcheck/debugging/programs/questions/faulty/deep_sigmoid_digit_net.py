"""
Loss not changing when training. I made my net deeper (7 hidden layers) to get from 95 to 99 % on the digits and now it
is at 10 % for all epochs. With only one hidden layer the very same code learns.
"""
# fault: vanishing_gradient or hidden_activation
# why: 7 sigmoid layers: accuracy 0.10 so, 0.97 with relu
# after: Loss not changing when training
import numpy as np
from sklearn.datasets import load_digits
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD
from keras.utils import to_categorical

np.random.seed(151)
d = load_digits()
p = np.random.permutation(len(d.target))
X, Y = d.data[p] / 16.0, to_categorical(d.target[p])
model = Sequential()
model.add(Dense(64, activation="sigmoid", input_dim=64))
for _ in range(6):
    model.add(Dense(64, activation="sigmoid"))
model.add(Dense(10, activation="softmax"))
sgd = SGD(learning_rate=0.1, momentum=0.9)
model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
model.fit(X[:1400], Y[:1400], epochs=20, batch_size=32, verbose=2, validation_data=(X[1400:], Y[1400:]))
print(model.evaluate(X[1400:], Y[1400:], verbose=0))
