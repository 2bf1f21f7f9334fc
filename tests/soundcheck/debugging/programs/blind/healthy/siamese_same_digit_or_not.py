"""Siamese network with contrastive loss on 8x8 digits: same digit or not. The two towers share
weights; checked by nearest neighbour at the end."""
# healthy
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from tensorflow.keras import layers, Model

tf.keras.utils.set_random_seed(99)
rng = np.random.default_rng(99)

X, y = load_digits(return_X_y=True)
X = (X / 16.).astype('float32')
X_train, y_train, X_test, y_test = X[:1300], y[:1300], X[1300:], y[1300:]


def make_pairs(x, y, n):
    by_class = [np.where(y == c)[0] for c in range(10)]
    left, right, same = [], [], []
    for i in range(n):
        a = rng.integers(len(x))
        if i % 2:
            b = rng.choice(by_class[y[a]])
        else:
            other = (y[a] + rng.integers(1, 10)) % 10
            b = rng.choice(by_class[other])
        left.append(a), right.append(b), same.append(i % 2)
    return x[left], x[right], np.array(same, dtype='float32')


def contrastive(y_true, d, margin=1.0):
    y_true = tf.cast(tf.reshape(y_true, tf.shape(d)), d.dtype)
    return tf.reduce_mean(y_true * tf.square(d)
                          + (1 - y_true) * tf.square(tf.maximum(margin - d, 0)))


class Distance(layers.Layer):
    def call(self, pair):
        a, b = pair
        return tf.sqrt(tf.reduce_sum(tf.square(a - b), axis=1, keepdims=True) + 1e-6)


tower_in = layers.Input((64,))
h = layers.Dense(64, activation='relu')(tower_in)
tower = Model(tower_in, layers.Dense(12)(h), name='tower')

in_a, in_b = layers.Input((64,)), layers.Input((64,))
siamese = Model([in_a, in_b], Distance()([tower(in_a), tower(in_b)]))
siamese.compile(optimizer=tf.keras.optimizers.Adam(2e-3), loss=contrastive)

a, b, s = make_pairs(X_train, y_train, 4000)
va, vb, vs = make_pairs(X_test, y_test, 600)
siamese.fit([a, b], s, validation_data=([va, vb], vs), epochs=8, batch_size=64, verbose=2)

d = siamese.predict([va, vb], verbose=0)[:, 0]
print('pairs right at 0.5:', np.mean((d < 0.5) == (vs == 1)))
knn = KNeighborsClassifier(3).fit(tower.predict(X_train, verbose=0), y_train)
print('nearest neighbour accuracy', knn.score(tower.predict(X_test, verbose=0), y_test))
