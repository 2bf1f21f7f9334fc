"""Several genres per film from plot keywords (bag of words). Sigmoid outputs, binary
cross-entropy, and F1 on top of accuracy because most genres are absent from most films."""
# healthy
import numpy as np
from keras.layers import Dense, Dropout, Input
from keras.models import Sequential
from keras.utils import set_random_seed
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

set_random_seed(64)
rng = np.random.RandomState(64)

GENRES = ['action', 'comedy', 'drama', 'horror', 'romance', 'scifi', 'western']
n, words = 2400, 160
Y = (rng.rand(n, len(GENRES)) < [0.3, 0.35, 0.4, 0.15, 0.25, 0.15, 0.1]).astype('float32')
affinity = rng.gamma(0.25, 1.0, (len(GENRES), words))
rate = 0.12 + 0.5 * Y.dot(affinity)
X = (rng.poisson(rate * 0.6) > 0).astype('float32')

X_train, X_test, Y_train, Y_test = train_test_split(X, Y, test_size=0.2, random_state=1)

model = Sequential()
model.add(Input(shape=(words,)))
model.add(Dense(64, activation='relu'))
model.add(Dropout(0.4))
model.add(Dense(len(GENRES), activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['binary_accuracy'])
model.fit(X_train, Y_train, epochs=15, batch_size=32, validation_split=0.1, verbose=0)

P = model.predict(X_test, verbose=0)
for g, name in enumerate(GENRES):
    print('%-8s F1 %.3f' % (name, f1_score(Y_test[:, g], P[:, g] > 0.5)))
print('micro F1', f1_score(Y_test, P > 0.5, average='micro'))
