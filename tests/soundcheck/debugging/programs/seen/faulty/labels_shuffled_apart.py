"""My network overfits no matter what: 100 % on the training set, 50 % on validation. Dropout did not help."""
# fault: labels_unrelated
# why: x is shuffled and y is not, so each row has somebody else's label.

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_breast_cancer

features, target = load_breast_cancer(return_X_y=True)
features = (features - features.mean(0)) / features.std(0)
np.random.seed(7)
np.random.shuffle(features)

split = 450
x_train, x_val = features[:split], features[split:]
y_train, y_val = target[:split], target[split:]

keras.utils.set_random_seed(7)
model = keras.Sequential(
    [
        layers.Input((30,)),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.1),
        layers.Dense(64, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=60, verbose=0)
print(history.history["accuracy"][-1], history.history["val_accuracy"][-1])
