"""Validation says 97 %, the real world says 65 %. I oversampled the minority class, is there a mistake?"""
# fault: data_leak
# why: rows are duplicated before the split, so copies of the training rows are validated on.

import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from tensorflow import keras

X, y = make_classification(n_samples=400, n_features=20, n_informative=4, flip_y=0.25, random_state=9)
rng = np.random.default_rng(9)
more = rng.choice(len(X), 1200)
X, y = np.concatenate([X, X[more]]), np.concatenate([y, y[more]])
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=9)

keras.utils.set_random_seed(9)
model = keras.Sequential(
    [keras.Input((20,)), keras.layers.Dense(128, activation="relu"), keras.layers.Dense(1)]
)
model.compile(
    optimizer=keras.optimizers.Adam(0.005),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
)
model.fit(X_train, y_train, validation_data=(X_val, y_val), epochs=25, batch_size=64, verbose=0)
print(model.evaluate(X_val, y_val, verbose=0))
