"""Iris with a neural network: the loss turns negative and goes on falling, the accuracy stays at a third."""
# fault: output_units or loss_function
# why: one sigmoid unit and binary_crossentropy for three classes.
from keras.layers import Dense
from keras.models import Sequential
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

X, Y = load_iris(return_X_y=True)
X = scale(X)
model = Sequential()
model.add(Dense(12, input_dim=4, activation="relu"))
model.add(Dense(8, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X, Y, epochs=40, batch_size=10, verbose=0)
print(model.evaluate(X, Y, verbose=0))
