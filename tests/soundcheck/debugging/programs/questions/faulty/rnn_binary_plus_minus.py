"""
Sequences of 0/1 codes (60 steps), the class label is 1 or -1. Plain LSTM gives bad accuracy, not more than 50 %, and
the loss goes negative: -5, -20, -60 ... A multilayer perceptron in sklearn gets 97 % with
the same arrays. Is an LSTM not meant for classification?
"""
# fault: label_encoding
# why: labels -1/+1 with binary_crossentropy: loss -7.5, accuracy 0.25-0.36 so, 0.87 with labels 0/1
# after: Is it okay to use stateful Recurrent NN (LSTM) for classification
import numpy as np
from sklearn.model_selection import train_test_split
from keras.models import Sequential
from keras.layers import LSTM, Dense

np.random.seed(81)
n, steps = 2000, 60
C = (np.random.rand(n, steps) < 0.5).astype('float32')
r = np.where(np.arange(n) % 2 == 0, 1, -1)
C[r == 1] = (np.random.rand((r == 1).sum(), steps) < 0.65)
C = C.reshape(n, 12, 5)
tr_C, ts_C, tr_r, ts_r = train_test_split(C, r, train_size=.8, random_state=1)

print('>>> Build model...')
model = Sequential()
model.add(LSTM(32, input_shape=(C.shape[1], C.shape[2])))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
print('>>> Training...')
model.fit(tr_C, tr_r, batch_size=50, epochs=15, shuffle=True, validation_data=(ts_C, ts_r), verbose=2)
print(model.evaluate(ts_C, ts_r, verbose=0))
