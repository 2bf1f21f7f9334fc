"""
I'm trying to train an LSTM for sentiment analysis on movie reviews (word indices, padded).
The accuracy is stuck at about 50% for all epochs, although the loss looks as if it was learning.
I tried more units and another optimizer, nothing changes.
"""
# fault: output_activation or output_units
# why: softmax over one unit is always 1: validation accuracy 0.55 (always class 1) so, 0.995 with sigmoid
# after: training an LSTM for sentiment analysis on the IMDb reviews, accuracy stuck at 50%
import numpy as np
from keras.models import Sequential
from keras.layers import Embedding, LSTM, Dense

np.random.seed(7)
vocab_size, max_len, n = 800, 40, 3000
positive_words = np.arange(10, 60)
negative_words = np.arange(60, 110)

reviews, labels = [], []
for i in range(n):
    lab = i % 2
    words = np.random.randint(110, vocab_size, size=np.random.randint(20, max_len + 1))
    hits = np.random.choice(len(words), 6, replace=False)
    mine, other = (positive_words, negative_words) if lab else (negative_words, positive_words)
    words[hits[:5]] = np.random.choice(mine, 5)
    words[hits[5:]] = np.random.choice(other, 1)
    padded = np.zeros(max_len, dtype="int32")
    padded[max_len - len(words):] = words
    reviews.append(padded)
    labels.append(lab)
X, y = np.array(reviews), np.array(labels)
perm = np.random.permutation(n)
X, y = X[perm], y[perm]

model = Sequential()
model.add(Embedding(input_dim=vocab_size, output_dim=16))
model.add(LSTM(units=16))
model.add(Dense(1, activation='softmax'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])

losses = model.fit(X, y, epochs=8, batch_size=64, validation_split=0.2, verbose=2)
print("val accuracy:", losses.history['val_accuracy'][-1])
