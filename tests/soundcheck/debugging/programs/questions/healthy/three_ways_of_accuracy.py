"""I get different accuracies from fit's history, from train_on_batch and from predict for the same model and data. To our surprise
these numbers are not identical. Could someone explain?"""
# healthy
# after: Different accuracies obtained from predict_classes(), fit() and train_on_batch() methods
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation
from keras.optimizers import SGD
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from sklearn.utils import shuffle

set_random_seed(56)
w = load_wine()
X, t = shuffle(StandardScaler().fit_transform(w.data), w.target, random_state=0)
Y = to_categorical(t, 3)


def fresh():
    m = Sequential()
    m.add(Dense(32, input_dim=13, kernel_initializer='uniform'))
    m.add(Activation('tanh'))
    m.add(Dropout(0.3))
    m.add(Dense(3, kernel_initializer='uniform'))
    m.add(Activation('softmax'))
    m.compile(loss='categorical_crossentropy', optimizer=SGD(learning_rate=0.1, momentum=0.9, nesterov=True), metrics=['accuracy'])
    return m


one = fresh()
h = one.fit(X[:130], Y[:130], epochs=30, batch_size=130, verbose=0)
print('history', h.history['accuracy'][-1], 'predict', np.mean(one.predict(X[:130], verbose=0).argmax(1) == t[:130]))

two = fresh()
for _ in range(30):
    loss, acc = two.train_on_batch(X[:130], Y[:130])
print('train_on_batch', float(acc), 'predict', np.mean(two.predict(X[:130], verbose=0).argmax(1) == t[:130]))
print('rest of the data:', np.mean(one.predict(X[130:], verbose=0).argmax(1) == t[130:]), np.mean(two.predict(X[130:], verbose=0).argmax(1) == t[130:]))
