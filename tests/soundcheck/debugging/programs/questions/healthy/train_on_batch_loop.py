"""
Own loop with train_on_batch instead of fit. The printed loss is much noisier than what fit prints. Do I have to
average something, or is my loop wrong?
"""
# healthy
# after: Loss not changing when training
import numpy as np
from tensorflow import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(13)
x, y = load_digits(return_X_y=True)
x = x / 16.0
order = np.random.permutation(len(x))
x, y = x[order], y[order]
x_tr, y_tr, x_te, y_te = x[:1400], y[:1400], x[1400:], y[1400:]
net = keras.Sequential([
    keras.Input((64,)),
    keras.layers.Dense(100, activation="relu"),
    keras.layers.Dense(50, activation="relu"),
    keras.layers.Dense(10, activation="softmax"),
])
net.compile(keras.optimizers.SGD(0.1, momentum=0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
for epoch in range(20):
    p = np.random.permutation(len(x_tr))
    for k in range(0, len(p), 20):
        idx = p[k:k + 20]
        out = net.train_on_batch(x_tr[idx], y_tr[idx])
    print(epoch, "last batch", [round(float(v), 4) for v in out])
print("test", net.evaluate(x_te, y_te, verbose=0))
