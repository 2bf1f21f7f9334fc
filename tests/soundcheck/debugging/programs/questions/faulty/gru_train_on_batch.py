"""
Own training loop with train_on_batch (I need the per-batch loss for a plot). The loss goes around 0.69 and does not
fall, whereas model.fit did work in an earlier version of the script. The net is a GRU on
sensor sequences, two classes. Do I have to call something else besides train_on_batch?
"""
# fault: labels_unrelated
# why: x is taken in permuted order, y in the old one: accuracy 0.52 so, 0.99 with y permuted as well
# after: Keras LSTM model not learning
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(121)
n, T = 1200, 30
y = np.random.randint(0, 2, n).astype("float32")
t = np.arange(T)
speed = np.where(y == 1, 0.9, 0.6) + np.random.normal(0, 0.05, n)
x = np.sin(speed[:, None] * t + np.random.uniform(0, 6.28, (n, 1))) + np.random.normal(0, 0.3, (n, T))
x = x[..., None].astype("float32")
x_tr, y_tr, x_te, y_te = x[:1000], y[:1000], x[1000:], y[1000:]

inp = keras.Input((T, 1))
h = keras.layers.Conv1D(16, 5, activation="relu")(inp)
h = keras.layers.GRU(16)(h)
out = keras.layers.Dense(1, activation="sigmoid")(h)
net = keras.Model(inp, out)
net.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])

batch = 20
for epoch in range(15):
    order = np.random.permutation(len(x_tr))
    losses = []
    for b in range(0, len(order), batch):
        xb = x_tr[order[b:b + batch]]
        yb = y_tr[b:b + batch]
        losses.append(net.train_on_batch(xb, yb)[0])
    print("epoch", epoch, "loss", float(np.mean(losses)))
print("test accuracy", net.evaluate(x_te, y_te, verbose=0)[1])
