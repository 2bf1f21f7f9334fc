"""
I wrote my own generator because later the pictures will not fit in memory. With model.fit on the arrays
the same network gets 95 %+, with the generator the accuracy stays at 10 % and the loss
at 2.30. What does shuffle do in fit with a generator - do I have to switch it off?
"""
# fault: labels_unrelated
# why: x and y are shuffled apart: accuracy 0.09 so, 0.97 with one common permutation
# after: What does "shuffle" do in fit_generator in keras?
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.utils import to_categorical

np.random.seed(10)
d = load_digits()
X_train, X_test, y_train, y_test = train_test_split(d.data / 16.0, to_categorical(d.target), test_size=0.2, random_state=0)


def batches(x, y, size):
    x, y = x.copy(), y.copy()
    while True:
        np.random.shuffle(x)
        np.random.shuffle(y)
        for start in range(0, len(x) - size + 1, size):
            yield x[start:start + size], y[start:start + size]


model = Sequential()
model.add(Dense(128, activation='relu', input_dim=64))
model.add(Dropout(0.2))
model.add(Dense(64, activation='relu'))
model.add(Dense(10, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(batches(X_train, y_train, 32), steps_per_epoch=len(X_train) // 32, epochs=12,
          validation_data=(X_test, y_test), verbose=2)
print('test accuracy', model.evaluate(X_test, y_test, verbose=0)[1])
