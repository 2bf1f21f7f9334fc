"""
Validation loss increases and validation accuracy decreases. I try to predict star ratings (three groups) from review
text with the most basic Conv1D model. Training gets to 100 %, validation starts falling
right after the second or third epoch. Data is cleaned and shuffled.
"""
# fault: overfitting or epochs_too_many
# why: learns 600 noisy texts by heart: train loss 0.0001, val loss 1.29, val accuracy 0.48 so; 0.57 when stopped after 4 epochs, 0.65 with dropout, max pooling and a 16-wide embedding (noise ceiling 0.73)
# after: Validation loss increases and validation accuracy decreases
import numpy as np
from keras.models import Sequential
from keras.layers import Embedding, Conv1D, Flatten, Dense

np.random.seed(23)
vocab_size, max_length, n = 2000, 30, 900
final_X = np.random.randint(150, vocab_size, (n, max_length))
stars = np.random.randint(0, 3, n)
for row, s in zip(final_X, stars):
    k = np.random.choice(max_length, 8, replace=False)
    row[k[:6]] = np.random.randint(50 * s, 50 * s + 50, 6)
    row[k[6:]] = np.random.randint(0, 150, 2)
noisy = np.random.rand(n) < 0.4
stars[noisy] = np.random.randint(0, 3, noisy.sum())
Y = np.eye(3)[stars]

model = Sequential()
model.add(Embedding(vocab_size, 100))
model.add(Conv1D(filters=64, kernel_size=8, activation='relu'))
model.add(Flatten())
model.add(Dense(64, activation='relu'))
model.add(Dense(3, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
h = model.fit(final_X[:600], Y[:600], epochs=40, batch_size=32, validation_data=(final_X[600:], Y[600:]), verbose=2)
print('train loss', h.history['loss'][-1], 'val loss', h.history['val_loss'][-1], 'val acc', h.history['val_accuracy'][-1])
