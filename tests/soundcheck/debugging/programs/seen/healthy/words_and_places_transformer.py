"""A small transformer for texts; the table of positions is made before the table of words."""

# healthy
import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
WORDS, LENGTH, TEXTS = 500, 20, 900
y = rng.integers(0, 2, TEXTS)
x = rng.integers(40, WORDS, (TEXTS, LENGTH))
for text, topic in zip(x, y, strict=True):
    text[rng.choice(LENGTH, 4, replace=False)] = rng.integers(1, 20, 4) + 20 * topic


class Transformer(keras.Model):
    def __init__(self):
        super().__init__()
        self.places, self.words = layers.Embedding(LENGTH, 16), layers.Embedding(WORDS, 16)
        self.attention = layers.MultiHeadAttention(2, 8)
        self.norm = layers.LayerNormalization()
        self.pool, self.drop = layers.GlobalAveragePooling1D(), layers.Dropout(0.1)
        self.out = layers.Dense(2, activation="softmax")

    def call(self, x, training=False):
        h = self.words(x) + self.places(ops.arange(0, LENGTH))
        h = self.norm(h + self.attention(h, h))
        return self.out(self.drop(self.pool(h), training=training))


model = Transformer()
model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:700], y[:700], epochs=6, batch_size=32, validation_data=(x[700:], y[700:]), verbose=0)
print(model.evaluate(x[700:], y[700:], verbose=0))
