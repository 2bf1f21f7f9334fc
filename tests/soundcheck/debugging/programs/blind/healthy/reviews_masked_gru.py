"""Sentiment of padded token sequences with negation ('not' flips the next word) with an
embedding with mask_zero and a GRU."""
# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(31)
rng = np.random.default_rng(31)

VOCAB, MAXLEN, NOT = 60, 14, 1
value = np.zeros(VOCAB)
value[2:17], value[17:32] = 1, -1


def review():
    n = rng.integers(5, MAXLEN + 1)
    words = rng.integers(2, VOCAB, n)
    words[rng.random(n) < 0.2] = NOT
    score, flip = 0, 1
    for w in words:
        if w == NOT:
            flip = -1
        else:
            score += flip * value[w]
            flip = 1
    return words, score


texts, labels = [], []
while len(texts) < 3000:
    w, s = review()
    if s != 0:
        texts.append(w)
        labels.append(int(s > 0))
x = keras.utils.pad_sequences(texts, maxlen=MAXLEN, padding="post")
y = np.array(labels)

model = keras.Sequential()
model.add(keras.Input((MAXLEN,), dtype="int32"))
model.add(layers.Embedding(VOCAB, 8, mask_zero=True))
model.add(layers.GRU(16))
model.add(layers.Dense(1))
model.compile(
    optimizer=keras.optimizers.Adam(0.01, clipnorm=1.0),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="acc")],
)
history = model.fit(x, y, epochs=7, batch_size=64, validation_split=0.15, verbose=0)
print("val acc per epoch", np.round(history.history["val_acc"], 3))
