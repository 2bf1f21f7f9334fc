"""Survival status after surgery: in the file 1 = lived five years or longer, 2 = died. My loss goes far below zero
and the network answers 1 for everyone. Is a negative loss normal??"""
# fault: label_encoding
# why: labels 1/2 instead of 0/1 under binary crossentropy (share of right answers 0.85 without, 0.41 with)
import numpy as np
import keras
from keras import layers

keras.utils.set_random_seed(5)
rng = np.random.RandomState(5)

age = rng.normal(53, 11, 600)
year = rng.randint(58, 70, 600)
nodes = rng.negative_binomial(1, 0.2, 600)
score = 0.35 * (nodes - 4) + 0.06 * (age - 53) - 0.1 * (year - 63)
status = np.where(score + rng.logistic(scale=0.5, size=600) > 0.0, 2, 1)

features = np.stack([age, year, nodes], axis=1)
features = (features - features.mean(0)) / features.std(0)
x_tr, x_te = features[:450], features[450:]
y_tr, y_te = status[:450], status[450:]

inputs = keras.Input((3,))
h = layers.Dense(16, activation='relu')(inputs)
h = layers.Dense(8, activation='relu')(h)
outputs = layers.Dense(1, activation='sigmoid')(h)
net = keras.Model(inputs, outputs)

net.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
net.fit(x_tr, y_tr, batch_size=16, epochs=30, verbose=0)

p = net.predict(x_te, verbose=0).ravel()
answer = (p > 0.5).astype(int) + y_tr.min()
print('died, in fact: ', np.mean(y_te == y_te.max()))
print('answered 1:    ', np.mean(p > 0.5))
print('right answers: ', np.mean(answer == y_te))
