"""
Sentiment of short reviews. I do not get beyond about 82 % validation accuracy, whichever model I take; the labels were
given by the users themselves (some tick the wrong box). With early stopping as recommended. Stuck?
"""
# healthy
# after: validation accuracy not improving
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(10)
tf.random.set_seed(10)
vocab, L, n = 500, 24, 6000
X = rng.integers(100, vocab, (n, L))
y = rng.integers(0, 2, n)
for row, lab in zip(X, y):
    k = rng.choice(L, 6, replace=False)
    row[k] = rng.integers(50 * lab, 50 * lab + 50, 6)
flip = rng.random(n) < 0.17
y = np.where(flip, 1 - y, y)
model = tf.keras.Sequential([
    layers.Embedding(vocab, 8),
    layers.GlobalAveragePooling1D(),
    layers.Dropout(0.3),
    layers.Dense(8, activation="relu"),
    layers.Dense(1, activation="sigmoid"),
])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
stop = tf.keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
h = model.fit(X[:4800], y[:4800], epochs=25, batch_size=32, validation_data=(X[4800:], y[4800:]), callbacks=[stop], verbose=2)
print("val accuracy", model.evaluate(X[4800:], y[4800:], verbose=0)[1])
