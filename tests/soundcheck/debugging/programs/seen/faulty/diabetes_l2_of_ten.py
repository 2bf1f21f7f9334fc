"""Predictions of my Keras regression are all nearly the same value, the mean. Regularization was meant
to help.
"""

# fault: weight_penalty
# why: an L2 factor of 10 makes the penalty all of the loss; the weights go to zero.
from keras import Input, Sequential, layers, optimizers, regularizers, utils
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

utils.set_random_seed(4)
X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
y = (y - y.mean()) / y.std()

model = Sequential()
model.add(Input((10,)))
model.add(layers.Dense(32, activation="relu", kernel_regularizer=regularizers.l2(10.0)))
model.add(layers.Dense(16, activation="relu", kernel_regularizer=regularizers.l2(10.0)))
model.add(layers.Dense(1, kernel_regularizer=regularizers.l2(10.0)))
model.compile(optimizer=optimizers.Adam(0.005), loss="mse")
model.fit(X, y, epochs=40, batch_size=32, validation_split=0.2, verbose=0)
