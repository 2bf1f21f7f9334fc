"""Fault detection of a pump: 16 sensor summaries, healthy or worn. I read that deep learning
means many layers, so I took twelve. Loss sits at 0.69 and does not move."""
# fault: vanishing_gradient or hidden_activation
# why: gradients die in twelve sigmoid layers; test accuracy 0.505 with sigmoid, 0.97 with relu.
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

set_random_seed(7)

X, y = make_classification(n_samples=1600, n_features=16, n_informative=8, n_redundant=4,
                           class_sep=1.5, flip_y=0.02, random_state=7)
X = StandardScaler().fit_transform(X)
X_train, X_test = X[:1200], X[1200:]
Y_train, Y_test = y[:1200], y[1200:]

act = 'sigmoid'

model = Sequential()
model.add(Dense(24, input_dim=16, activation=act))
for i in range(11):
    model.add(Dense(24, activation=act))
model.add(Dense(1, activation='sigmoid'))

model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X_train, Y_train, epochs=12, batch_size=32, verbose=0)

scores = model.evaluate(X_test, Y_test, verbose=0)
print("\n%s: %.2f%%" % (model.metrics_names[1], scores[1] * 100))
print("mean prediction %.3f, std %.5f" % (
    np.mean(model.predict(X_test, verbose=0)), np.std(model.predict(X_test, verbose=0))))
