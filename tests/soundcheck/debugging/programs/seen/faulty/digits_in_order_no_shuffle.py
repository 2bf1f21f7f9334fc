"""Accuracy within an epoch jumps up and down and my model ends up answering 9 for everything."""
# fault: data_not_shuffled
# why: the rows are sorted by digit and fit is told not to shuffle.

import keras
import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
order = np.argsort(digits.target, kind="stable")
images = (digits.data[order] / 16.0).astype("float32")
labels = keras.utils.to_categorical(digits.target[order], 10)

keras.utils.set_random_seed(11)
model = keras.Sequential()
model.add(keras.Input((64,)))
model.add(keras.layers.Dense(64, activation="relu"))
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(0.005), metrics=["accuracy"])
model.fit(images, labels, batch_size=16, epochs=6, shuffle=False, verbose=0)
answers = model.predict(images, verbose=0).argmax(axis=1)
print(np.bincount(answers, minlength=10))
