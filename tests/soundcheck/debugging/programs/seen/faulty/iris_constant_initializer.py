"""Three layer net on iris cannot tell the classes apart, with 10 units the same as with 100."""

# fault: initialisation
# why: all weights start at the same constant, so all units of a layer stay the same.
import keras
from keras.initializers import Constant
from keras.layers import Dense
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

keras.utils.set_random_seed(0)
X, y = load_iris(return_X_y=True)
X = scale(X)

model = keras.Sequential()
model.add(keras.Input((4,)))
model.add(Dense(50, activation="sigmoid", kernel_initializer=Constant(0.5)))
model.add(Dense(50, activation="sigmoid", kernel_initializer=Constant(0.5)))
model.add(Dense(3, activation="softmax", kernel_initializer=Constant(0.5)))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X, y, epochs=30, batch_size=8, verbose=0)
print(model.evaluate(X, y, verbose=0))
