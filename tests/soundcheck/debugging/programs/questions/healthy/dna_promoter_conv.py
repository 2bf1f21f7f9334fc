"""
One-hot DNA, 60 bases, does the sequence contain the binding motif or not. Conv1D + max pooling. Training 99 %, validation
slightly less. Is the use of GlobalMaxPooling ok, as it throws the position away?
"""
# healthy
# after: acc and val_acc don't change?
import numpy as np
from keras.models import Sequential
from keras.layers import Conv1D, GlobalMaxPooling1D, Dense, Dropout

np.random.seed(12)
n, L = 3000, 60
bases = np.random.randint(0, 4, (n, L))
y = np.random.randint(0, 2, n)
motif = np.array([3, 0, 3, 0, 0, 3, 2, 1])
for row, lab in zip(bases, y):
    if lab:
        s = np.random.randint(0, L - 8)
        m = motif.copy()
        if np.random.rand() < 0.3:
            m[np.random.randint(8)] = np.random.randint(4)
        row[s:s + 8] = m
X = np.eye(4)[bases]
model = Sequential()
model.add(Conv1D(32, 8, activation='relu', input_shape=(L, 4)))
model.add(GlobalMaxPooling1D())
model.add(Dropout(0.2))
model.add(Dense(16, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X[:2400], y[:2400], epochs=20, batch_size=32, validation_data=(X[2400:], y[2400:]), verbose=2)
print(model.evaluate(X[2400:], y[2400:], verbose=0))
