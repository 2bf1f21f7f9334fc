"""
Text classification into 5 topics (sport, business, politics, tech, entertainment). I turn
the labels into numbers with a dictionary like the keras Tokenizer does. With 6 units
in the last layer it seems fine, with 5 (I have five topics!) it does not work. Why?
"""
# fault: label_encoding or output_units
# why: labels 1..5 with 5 units: fit stops (label 5 outside [0, 5)); validation accuracy 0.976 with labels 0..4
# after: Number of outputs in dense softmax layer
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(11)
topics = ["sport", "business", "politics", "tech", "entertainment"]
label_index = {name: i + 1 for i, name in enumerate(topics)}
vocab, length, n = 1000, 30, 2500

names = rng.choice(topics, n)
docs = rng.integers(1, vocab, (n, length))
for row, name in enumerate(names):
    k = topics.index(name)
    pos = rng.choice(length, 7, replace=False)
    docs[row, pos] = rng.integers(100 * k + 1, 100 * k + 40, 7)
labels = np.array([label_index[v] for v in names])

split = int(n * 0.8)
train_padded, val_padded = docs[:split], docs[split:]
train_labels, val_labels = labels[:split], labels[split:]

model = tf.keras.Sequential([
    layers.Embedding(vocab, 32),
    layers.Bidirectional(layers.LSTM(16)),
    layers.Dense(32, activation="relu"),
    layers.Dense(5, activation="softmax"),
])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
h = model.fit(train_padded, train_labels, epochs=6, validation_data=(val_padded, val_labels), verbose=2)
print("validation accuracy", h.history["val_accuracy"][-1])
