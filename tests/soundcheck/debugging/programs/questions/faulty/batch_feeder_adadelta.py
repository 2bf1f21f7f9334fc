"""My data do not fit in memory so I feed batches with a generator. It converges much more slowly than I know it from
other people's posts: after 20 epochs still hardly better than at the beginning."""
# fault: optimizer or learning_rate_low
# why: adadelta has a default rate of 0.001 here; validation accuracy 0.19 so, 0.96 with adam
# after: Fit generator slow to converge than model.fit
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import load_digits
from sklearn.utils import shuffle

set_random_seed(12)
d = load_digits()
X, Y = shuffle(d.data / 16., to_categorical(d.target), random_state=3)
Xtr, Ytr, Xva, Yva = X[:1400], Y[:1400], X[1400:], Y[1400:]


def feeder(xs, ys, size):
    while True:
        idx = np.random.permutation(len(xs))
        for k in range(0, len(xs) - size + 1, size):
            part = idx[k:k + size]
            yield xs[part], ys[part]


model = Sequential()
model.add(Dense(64, activation='relu', input_dim=64))
model.add(Dropout(0.2))
model.add(Dense(64, activation='relu'))
model.add(Dense(10, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adadelta', metrics=['accuracy'])
model.fit(feeder(Xtr, Ytr, 32), steps_per_epoch=1400 // 32, epochs=20, validation_data=(Xva, Yva), verbose=2)
print('validation:', model.evaluate(Xva, Yva, verbose=0))
