"""
Predict the next bit of a binary sequence from the 3 previous ones. After the answers I changed the output and the
optimizer, it now learns. Please check whether there is anything left to mend.
"""
# healthy
# after: Keras LSTM model not learning binary sequence
import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense

np.random.seed(0)
seq = [0, 1, 1]
for _ in range(1500):
    nxt = seq[-1] ^ seq[-3]
    if np.random.rand() < 0.05:
        nxt = 1 - nxt
    seq.append(nxt)
seq = np.array(seq)
vecX = np.array([seq[i:i + 3] for i in range(len(seq) - 3)]).reshape(-1, 3, 1)
vecY = seq[3:].reshape(-1, 1)

LSTM_net = Sequential()
LSTM_net.add(LSTM(16, input_shape=(3, 1)))
LSTM_net.add(Dense(1, activation="sigmoid"))
LSTM_net.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
LSTM_net.fit(vecX[:1200], vecY[:1200], batch_size=16, epochs=40, verbose=2, validation_data=(vecX[1200:], vecY[1200:]))
print(LSTM_net.evaluate(vecX[1200:], vecY[1200:], verbose=0))
