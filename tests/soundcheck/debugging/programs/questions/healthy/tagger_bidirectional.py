"""
Sequence labelling with padding (tag 0). Bi-LSTM + TimeDistributed softmax. Accuracy looks too good for a small model; the
sentences are short. Do I have to mask the padding?
"""
# healthy
# after: How does Dense work with LSTM with return_sequences? What is the difference from TimeDistributed?
import numpy as np
from keras.models import Sequential
from keras.layers import Embedding, Bidirectional, LSTM, TimeDistributed, Dense

np.random.seed(16)
n, L, vocab = 1500, 16, 120
X = np.zeros((n, L), int)
Y = np.zeros((n, L), int)
for i in range(n):
    k = np.random.randint(8, L + 1)
    w = np.random.randint(1, vocab, k)
    X[i, :k] = w
    tag = 1 + (w % 3)
    after_ten = np.r_[False, w[:-1] <= 20]
    tag[after_ten] = 4
    Y[i, :k] = tag
model = Sequential()
model.add(Embedding(vocab, 24, mask_zero=True))
model.add(Bidirectional(LSTM(24, return_sequences=True)))
model.add(TimeDistributed(Dense(5, activation='softmax')))
model.compile(loss='sparse_categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X[:1200], Y[:1200], epochs=15, batch_size=32, validation_data=(X[1200:], Y[1200:]), verbose=2)
p = model.predict(X[1200:], verbose=0).argmax(-1)
m = X[1200:] > 0
print('tag accuracy on words', (p == Y[1200:])[m].mean())
