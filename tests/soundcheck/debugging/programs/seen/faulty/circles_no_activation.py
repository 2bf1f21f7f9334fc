"""Two rings. Four layers, 100 epochs, and accuracy stays near 50 %. Is my network still too small?"""
# fault: hidden_activation
# why: no hidden layer has an activation, so that the network is a logistic regression (0.5; with relu 1.0).
import keras
from keras.layers import Dense
from sklearn.datasets import make_circles

keras.utils.set_random_seed(7)
X, y = make_circles(n_samples=500, noise=0.06, factor=0.45, random_state=3)
model = keras.Sequential()
model.add(keras.Input(shape=(2,)))
model.add(Dense(32))
model.add(Dense(32))
model.add(Dense(16))
model.add(Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(X, y, batch_size=32, epochs=40, verbose=0)
print(model.evaluate(X, y, verbose=0))
