"""A tag for each word of sentences of any length: padded with zeros, which mask and weights leave out."""

# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
SENTENCES, LENGTH, WORDS = 800, 12, 60
x = rng.integers(1, WORDS, (SENTENCES, LENGTH))
mask = np.arange(LENGTH) < rng.integers(5, LENGTH + 1, SENTENCES)[:, None]
x = x * mask
before = np.concatenate([np.zeros((SENTENCES, 1), int), x[:, :-1]], axis=1)
y = (x % 3 + 3 * (before > x)) * mask

model = keras.Sequential(
    [
        keras.Input((LENGTH,)),
        layers.Embedding(WORDS, 16, mask_zero=True),
        layers.Bidirectional(layers.GRU(16, return_sequences=True)),
        layers.Dense(6, activation="softmax"),
    ]
)
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
model.fit(x, y, sample_weight=mask.astype("float32"), epochs=10, batch_size=32, validation_split=0.2, verbose=0)
print(model.evaluate(x, y, sample_weight=mask.astype("float32"), verbose=0))
