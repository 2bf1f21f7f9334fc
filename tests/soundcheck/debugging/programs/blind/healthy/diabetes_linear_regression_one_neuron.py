"""Ordinary linear regression as one Dense(1), compared with sklearn. Target left in its own units (25 to 346)
because the big learning rate deals with that."""
# healthy
import numpy as np
import keras
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

np.random.seed(0)
keras.utils.set_random_seed(0)

X, y = load_diabetes(return_X_y=True)
X = X / X.std(axis=0)
order = np.random.permutation(len(X))
train, test = order[:350], order[350:]

model = keras.Sequential()
model.add(keras.layers.Input(shape=(10,)))
model.add(keras.layers.Dense(1))
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.02), loss='mean_squared_error')
history = model.fit(X[train], y[train], epochs=60, batch_size=32, verbose=0)

reference = LinearRegression().fit(X[train], y[train])
print('rmse  first epoch %.1f, last %.1f' % (history.history['loss'][0] ** .5, history.history['loss'][-1] ** .5))
print('r2 keras  ', round(r2_score(y[test], model.predict(X[test], verbose=0)), 3))
print('r2 sklearn', round(r2_score(y[test], reference.predict(X[test])), 3))
