"""
Classifying drawings into three kinds (square / cross / stripe). Whatever I do the accuracy
stays around one third, and the loss becomes negative after a while?! The network is
the cats-and-dogs one from the tutorial, I only exchanged the pictures.
"""
# fault: output_units or loss_function
# why: one sigmoid unit and binary loss for labels 0, 1, 2: loss -956, accuracy 0.34 so, 0.997 with 3 softmax units and sparse_categorical_crossentropy
# after: CNN with keras, accuracy not improving
import numpy as np
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Activation, Dropout, Flatten, Dense

rng = np.random.default_rng(0)
N, S = 1200, 20
pics = rng.normal(0.2, 0.08, (N, S, S, 1))
kind = rng.integers(0, 3, N)
for i in range(N):
    r, c = rng.integers(2, S - 10, 2)
    if kind[i] == 0:
        pics[i, r:r + 8, c:c + 8] += 0.6
        pics[i, r + 2:r + 6, c + 2:c + 6] -= 0.6
    elif kind[i] == 1:
        pics[i, r + 3:r + 5, c:c + 8] += 0.6
        pics[i, r:r + 8, c + 3:c + 5] += 0.6
    else:
        for k in range(0, 8, 3):
            pics[i, r + k, c:c + 8] += 0.6
pics = np.clip(pics, 0, 1)
x_tr, x_te, y_tr, y_te = pics[:900], pics[900:], kind[:900], kind[900:]

model = Sequential()
model.add(Conv2D(16, (3, 3), input_shape=(S, S, 1)))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Conv2D(32, (3, 3)))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(32))
model.add(Activation('relu'))
model.add(Dropout(0.3))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
model.fit(x_tr, y_tr, batch_size=16, epochs=10, validation_data=(x_te, y_te), verbose=2)
print('test:', model.evaluate(x_te, y_te, verbose=0))
