"""Copied the small regression example, and compile or fit gives me an exception that it does not know the name.
The names are spelled right, I looked them up in the documentation."""
# fault: compile_arguments
# why: compile takes the optimizer first; ValueError so, correlation 0.73 with compile(OPT, LOSS)
# after: error in get_best_model()
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.datasets import load_diabetes

set_random_seed(30)
X, y = load_diabetes(return_X_y=True)
X = X / X.std(axis=0)
y = (y - y.mean()) / y.std()

LOSS = 'mse'
OPT = 'adam'
model = Sequential()
model.add(Dense(16, input_dim=10, activation='tanh'))
model.add(Dense(1))
model.compile(LOSS, OPT)
model.fit(X[:350], y[:350], epochs=25, batch_size=16, verbose=0)
p = model.predict(X[350:], verbose=0).ravel()
print('correlation', np.corrcoef(p, y[350:])[0, 1])
