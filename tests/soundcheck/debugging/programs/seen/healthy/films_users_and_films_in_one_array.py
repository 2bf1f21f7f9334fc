"""Films rated by users, both ids in one array of two columns, each looked up in a table of its own."""

# healthy
import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
USERS, FILMS, RATINGS = 60, 300, 6000
user, film = rng.integers(0, USERS, RATINGS), rng.integers(0, FILMS, RATINGS)
taste, kind, fame = rng.normal(size=(USERS, 3)), rng.normal(size=(FILMS, 3)), rng.normal(size=FILMS)
x = np.stack([user, film], axis=1)
y = 1 / (1 + np.exp(-(taste[user] * kind[film]).sum(axis=1) / 2 - fame[film]))


class Recommender(keras.Model):
    def __init__(self, size):
        super().__init__()
        self.user = layers.Embedding(USERS, size, embeddings_initializer="he_normal")
        self.user_bias = layers.Embedding(USERS, 1)
        self.film = layers.Embedding(FILMS, size, embeddings_initializer="he_normal")
        self.film_bias = layers.Embedding(FILMS, 1)

    def call(self, inputs):
        user, film = inputs[:, 0], inputs[:, 1]
        match = ops.sum(self.user(user) * self.film(film), axis=1, keepdims=True)
        return ops.sigmoid(match + self.user_bias(user) + self.film_bias(film))


model = Recommender(8)
model.compile(keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy())
model.fit(x, y, epochs=12, batch_size=64, validation_split=0.1, verbose=0)
print(np.corrcoef(model.predict(x, verbose=0)[:, 0], y)[0, 1])
