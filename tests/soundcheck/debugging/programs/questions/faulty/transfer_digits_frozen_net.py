"""
Transfer learning. I train a base on the digits 0-4, then put a new top on it for 5-9. The loss
of the new model stays the same from the first epoch to the last, to all decimals.
The base was good (97 %), so its features cannot be that bad?
"""
# fault: layer_frozen or unchanged_weights
# why: the new top is frozen, too: accuracy 0.21 so, 0.89 with only the base frozen
# after: What are the consequences of not freezing layers in transfer learning?
import numpy as np
from sklearn.datasets import load_digits
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Flatten, Dense

np.random.seed(0)
d = load_digits()
X = (d.images / 16.0).reshape(-1, 8, 8, 1)
low = d.target < 5
Xa, ya = X[low], d.target[low]
Xb, yb = X[~low], d.target[~low] - 5

base = Sequential()
base.add(Conv2D(24, (3, 3), activation='relu', padding='same', input_shape=(8, 8, 1)))
base.add(MaxPooling2D((2, 2)))
base.add(Conv2D(32, (3, 3), activation='relu'))
base.add(Flatten())
base.add(Dense(64, activation='relu'))
base.add(Dense(5, activation='softmax'))
base.compile(loss='sparse_categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
base.fit(Xa, ya, epochs=8, batch_size=32, verbose=0)
print('base accuracy', base.evaluate(Xa, ya, verbose=0)[1])

model = Sequential()
for layer in base.layers[:-2]:
    model.add(layer)
model.add(Dense(32, activation='relu'))
model.add(Dense(5, activation='softmax'))
for layer in model.layers:
    layer.trainable = False
model.compile(loss='sparse_categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(Xb[:700], yb[:700], epochs=12, batch_size=32, validation_data=(Xb[700:], yb[700:]), verbose=2)
print('new digits', model.evaluate(Xb[700:], yb[700:], verbose=0))
