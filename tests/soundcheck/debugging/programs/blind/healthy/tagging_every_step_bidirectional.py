"""Mark the tokens inside brackets (a little grammar) - one label per step. Rare labels get a
larger weight through sample_weight; a bidirectional LSTM reads the sequence."""
# healthy
import keras
import numpy as np
from keras.layers import LSTM, Bidirectional, Dense, Embedding, Input, TimeDistributed

keras.utils.set_random_seed(72)
rng = np.random.default_rng(72)

OPEN, CLOSE, VOCAB, LEN = 1, 2, 30, 18


def sentence():
    tokens = rng.integers(3, VOCAB, LEN)
    inside = np.zeros(LEN, dtype="int32")
    start = rng.integers(0, LEN - 5)
    end = start + rng.integers(2, 5)
    tokens[start], tokens[end] = OPEN, CLOSE
    if rng.random() < 0.3:                  # a lonely bracket is no bracket
        tokens[end] = rng.integers(3, VOCAB)
    else:
        inside[start + 1:end] = 1
    return tokens, inside


pairs = [sentence() for _ in range(1500)]
X = np.array([p[0] for p in pairs])
Y = np.array([p[1] for p in pairs])
share = Y.mean()
W = np.where(Y == 1, 0.5 / share, 0.5 / (1 - share)).astype("float32")
print("share of inside tokens: %.3f" % share)

model = keras.Sequential([
    Input((LEN,)),
    Embedding(VOCAB, 8),
    Bidirectional(LSTM(12, return_sequences=True)),
    TimeDistributed(Dense(1, activation="sigmoid")),
])
model.compile(optimizer=keras.optimizers.RMSprop(0.01), loss="binary_crossentropy")
model.fit(X[:1250], Y[:1250, :, None], sample_weight=W[:1250], epochs=10, batch_size=50, verbose=0)

pred = model.predict(X[1250:], verbose=0)[..., 0] > 0.5
true = Y[1250:] == 1
precision = (pred & true).sum() / max(pred.sum(), 1)
recall = (pred & true).sum() / true.sum()
print("precision %.3f recall %.3f" % (precision, recall))
