"""Book recommender: two embeddings, dot product plus user and book bias, ratings centred on the
global mean. L2 on the embeddings because some readers rated only a few books."""
# healthy
import numpy as np
import tensorflow as tf
from tensorflow.keras import Model, layers, regularizers

tf.keras.utils.set_random_seed(23)
rng = np.random.default_rng(23)

READERS, BOOKS, N = 100, 60, 4000
p = rng.normal(0, 0.7, (READERS, 2))
q = rng.normal(0, 0.7, (BOOKS, 2))
br, bb = rng.normal(0, 0.4, READERS), rng.normal(0, 0.5, BOOKS)
activity = rng.dirichlet(np.full(READERS, 1.5))
r = rng.choice(READERS, N, p=activity)
b = rng.integers(0, BOOKS, N)
rating = np.clip(np.round(3.5 + br[r] + bb[b] + (p[r] * q[b]).sum(1) + rng.normal(0, 0.4, N)), 1, 5)

train = np.arange(N) < 3400
mu = rating[train].mean()


def tower(n, name):
    inp = layers.Input((1,), name=name)
    vec = layers.Embedding(n, 4, embeddings_regularizer=regularizers.l2(1e-5),
                           name=name + '_vec')(inp)
    bias = layers.Embedding(n, 1, embeddings_initializer='zeros', name=name + '_bias')(inp)
    return inp, layers.Flatten()(vec), layers.Flatten()(bias)


reader_in, reader_vec, reader_bias = tower(READERS, 'reader')
book_in, book_vec, book_bias = tower(BOOKS, 'book')
out = layers.Add()([layers.Dot(axes=1)([reader_vec, book_vec]), reader_bias, book_bias])
model = Model([reader_in, book_in], out)
model.compile(optimizer=tf.keras.optimizers.Adam(0.01), loss='mse')

h = model.fit([r[train][:, None], b[train][:, None]], rating[train] - mu,
              validation_data=([r[~train][:, None], b[~train][:, None]], rating[~train] - mu),
              epochs=8, batch_size=64, verbose=0)
pred = mu + model.predict([r[~train][:, None], b[~train][:, None]], verbose=0)[:, 0]
print('val loss', np.round(h.history['val_loss'], 3))
print('RMSE', np.sqrt(np.mean((pred - rating[~train]) ** 2)), 'of constant', rating[~train].std())
