"""Deep network worse than a shallow one: with 10 hidden layers accuracy is 10 %, with one it is 90 %."""

# fault: vanishing_gradient or hidden_activation
# why: every sigmoid layer passes on at most a quarter of the gradient.
from keras import Input, Sequential, layers, utils
from sklearn.datasets import load_digits

utils.set_random_seed(2)
X, y = load_digits(return_X_y=True)
X = X[:600] / 16.0
y = utils.to_categorical(y[:600])

model = Sequential([Input((64,))])
for _ in range(10):
    model.add(layers.Dense(32, activation="sigmoid"))
model.add(layers.Dense(10, activation="softmax"))
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=10, batch_size=32, verbose=0)
