"""
Functional model with two inputs: word ids of the advert and three numeric columns; target is the (scaled) price. R2 is
0.9. Is it alright to concatenate an LSTM output with plain numbers?
"""
# healthy
# after: Validation loss when using Dropout (non-linear regression problem)
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, Model

rng = np.random.default_rng(14)
tf.random.set_seed(14)
n, L, vocab = 2500, 15, 200
words = rng.integers(20, vocab, (n, L))
good = rng.integers(0, 4, n)
for row, g in zip(words, good):
    row[rng.choice(L, g, replace=False)] = rng.integers(1, 11, g)
num = rng.normal(0, 1, (n, 3))
price = 20000 + 3000 * good + 4000 * num[:, 0] - 2500 * num[:, 1] + rng.normal(0, 1200, n)
z = (price - price[:2000].mean()) / price[:2000].std()

a = layers.Input((L,), dtype="int32")
b = layers.Input((3,))
h = layers.Embedding(vocab, 16)(a)
h = layers.LSTM(16)(h)
h = layers.concatenate([h, b])
h = layers.Dense(32, activation="relu")(h)
h = layers.Dropout(0.05)(h)
m = Model([a, b], layers.Dense(1)(h))
m.compile("adam", "mse", metrics=["mae"])
m.fit([words[:2000], num[:2000]], z[:2000], epochs=20, batch_size=32, validation_data=([words[2000:], num[2000:]], z[2000:]), verbose=2)
p = m.predict([words[2000:], num[2000:]], verbose=0)[:, 0]
print("R2", 1 - np.mean((p - z[2000:]) ** 2) / z[2000:].var(), "ceiling", 1 - 1200 ** 2 / price.var())
