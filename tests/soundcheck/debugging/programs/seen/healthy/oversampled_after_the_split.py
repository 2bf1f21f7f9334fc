"""The rare class is drawn again and again, but only among the training rows."""
# healthy

import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tensorflow import keras

X, y = make_classification(
    n_samples=1500, n_features=12, n_informative=6, weights=[0.88], class_sep=1.3, random_state=3
)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=3)
scaler = StandardScaler().fit(X_train)
rng = np.random.default_rng(3)
rare = np.flatnonzero(y_train == 1)
more = rng.choice(rare, (y_train == 0).sum() - len(rare))
order = rng.permutation(np.concatenate([np.arange(len(y_train)), more]))

keras.utils.set_random_seed(3)
model = keras.Sequential(
    [
        keras.Input((12,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.AUC(), keras.metrics.Recall()])
model.fit(
    scaler.transform(X_train)[order],
    y_train[order],
    validation_data=(scaler.transform(X_test), y_test),
    epochs=25,
    verbose=0,
)
print(model.evaluate(scaler.transform(X_test), y_test, verbose=0))
