"""Predict loan_status 0/1 from four normalised columns. The loss stops at about 0.5 and accuracy at 0.75 or so
and does not move any more. How do I know if my model is overfitting or not?"""
# healthy
# after: How do I know if my Neural Network model is overfitting or not (Keras)
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.linear_model import LogisticRegression

set_random_seed(50)
rng = np.random.RandomState(50)
n = 1600
X = rng.normal(size=(n, 4))
p = 1 / (1 + np.exp(-(1.1 * X[:, 0] - 0.9 * X[:, 1] + 0.6 * X[:, 3])))
Y = (rng.rand(n) < p).astype(int)

model = Sequential()
model.add(Dense(8, input_dim=4, activation='relu'))
model.add(Dense(4, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X[:1200], Y[:1200], epochs=30, batch_size=8, verbose=2, validation_data=(X[1200:], Y[1200:]))
print('network', model.evaluate(X[1200:], Y[1200:], verbose=0)[1],
      'logistic regression', LogisticRegression().fit(X[:1200], Y[:1200]).score(X[1200:], Y[1200:]),
      'true probabilities', np.mean((p[1200:] > 0.5) == Y[1200:]))
