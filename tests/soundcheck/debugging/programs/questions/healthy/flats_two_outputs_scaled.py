"""
Two outputs, rent and district. I scaled the rent and weighted the losses 0.5 to 1. The loss of one head is
much smaller than that of the other one; do I have to make them equal?
"""
# healthy
# after: Keras: how does Keras handle multiple losses?
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, Model
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(6)
tf.random.set_seed(6)
n = 2000
f = rng.normal(0, 1, (n, 10))
rent = 900 + 220 * f[:, 0] + 120 * np.maximum(f[:, 1], 0) + 60 * f[:, 2] + rng.normal(0, 40, n)
district = np.argmax(np.c_[f[:, 3], f[:, 4], f[:, 5]] + rng.normal(0, 0.15, (n, 3)), axis=1)
X = StandardScaler().fit_transform(f).astype("float32")
ys = StandardScaler().fit(rent[:1500, None])
rs = ys.transform(rent[:, None])

inp = layers.Input((10,))
h = layers.Dense(48, activation="relu")(inp)
h = layers.Dense(24, activation="relu")(h)
m = Model(inp, [layers.Dense(1, name="rent")(h), layers.Dense(3, activation="softmax", name="district")(h)])
m.compile("adam", loss=["mse", "sparse_categorical_crossentropy"], loss_weights=[0.5, 1.0],
          metrics=[["mae"], ["accuracy"]])
m.fit(X[:1500], [rs[:1500], district[:1500]], validation_data=(X[1500:], [rs[1500:], district[1500:]]), epochs=20, batch_size=32, verbose=2)
p, q = m.predict(X[1500:], verbose=0)
print("rent R2", 1 - np.mean((ys.inverse_transform(p)[:, 0] - rent[1500:]) ** 2) / rent[1500:].var(),
      "district", (q.argmax(1) == district[1500:]).mean())
