"""A toy for attention: given a list of key/value tokens and a query key, answer with its value.
One MultiHeadAttention layer with positions, as in the tutorials."""
# healthy
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

tf.keras.utils.set_random_seed(16)
rng = np.random.default_rng(16)

KEYS, VALUES, PAIRS = 8, 6, 5


def examples(n):
    keys = np.stack([rng.permutation(KEYS)[:PAIRS] for _ in range(n)])
    values = rng.integers(0, VALUES, (n, PAIRS))
    pick = rng.integers(0, PAIRS, n)
    rows = np.arange(n)
    return (keys, values, keys[rows, pick]), values[rows, pick]


(x_k, x_v, x_q), y = examples(4000)
(t_k, t_v, t_q), t_y = examples(500)

key_in = layers.Input((PAIRS,), name='keys')
val_in = layers.Input((PAIRS,), name='values')
query_in = layers.Input((1,), name='query')

key_emb = layers.Embedding(KEYS, 16)
k = key_emb(key_in)
q = key_emb(query_in)
v = layers.Embedding(VALUES, 16)(val_in)
att = layers.MultiHeadAttention(num_heads=2, key_dim=16)(query=q, key=k, value=v)
h = layers.Flatten()(att)
h = layers.Dense(32, activation='relu')(h)
out = layers.Dense(VALUES, activation='softmax')(h)

model = tf.keras.Model([key_in, val_in, query_in], out)
model.compile(optimizer=tf.keras.optimizers.Adam(5e-3),
              loss='sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit([x_k, x_v, x_q[:, None]], y, epochs=4, batch_size=64,
          validation_data=([t_k, t_v, t_q[:, None]], t_y), verbose=2)
