"""Tiny sentiment-like task: sequences of 20 token ids, positive if there are more 'good' tokens
than 'bad' ones. I scale the input as one always should, but my accuracy is that of a coin."""
# fault: layer_misuse
# why: ids divided by the vocabulary size all become index 0 in the Embedding; test accuracy 0.49 with the fault, 0.98 without.
import numpy as np
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Input, Embedding, GlobalAveragePooling1D, Dense
from tensorflow.keras.utils import set_random_seed

set_random_seed(0)
rng = np.random.RandomState(0)

VOCAB = 200
MAXLEN = 20

X = rng.randint(1, VOCAB, size=(2400, MAXLEN))
mood = np.zeros(VOCAB)
mood[10:60] = 1
mood[60:110] = -1
score = mood[X].sum(axis=1)
keep = score != 0
X, y = X[keep], (score[keep] > 0).astype(int)

# scale features to [0, 1]
X = X / VOCAB

n = int(len(X) * 0.8)
x_train, y_train = X[:n], y[:n]
x_test, y_test = X[n:], y[n:]

model = Sequential()
model.add(Input(shape=(MAXLEN,)))
model.add(Embedding(VOCAB, 16))
model.add(GlobalAveragePooling1D())
model.add(Dense(16, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])

model.fit(x_train, y_train, epochs=10, batch_size=32,
          validation_data=(x_test, y_test), verbose=2)

loss, acc = model.evaluate(x_test, y_test, verbose=0)
print('Test accuracy: %.3f' % acc)
