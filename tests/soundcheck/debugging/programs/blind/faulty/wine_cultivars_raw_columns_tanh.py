"""Wine recognition, 13 measured columns into 3 cultivars. With keras I do not get over 40 percent
while everyone reports 97+. Used tanh since the course did."""
# fault: input_not_normalised
# why: raw columns (proline near 1000, hue near 1) saturate tanh (test accuracy 1.00 without, 0.39 with)
import numpy as np
import keras
from sklearn import datasets
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(99)

wine = datasets.load_wine()
X = wine.data.astype("float32")
Y = keras.utils.to_categorical(wine.target)
X_train, X_test, Y_train, Y_test = train_test_split(X, Y, test_size=0.3, random_state=99, stratify=wine.target)

model = keras.models.Sequential([
    keras.layers.Input(shape=(13,)),
    keras.layers.Dense(20, activation="tanh"),
    keras.layers.Dense(10, activation="tanh"),
    keras.layers.Dense(3, activation="softmax"),
])
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
hist = model.fit(X_train, Y_train, epochs=60, batch_size=8, verbose=0)

predicted = np.argmax(model.predict(X_test, verbose=0), axis=1)
truth = np.argmax(Y_test, axis=1)
print("train accuracy", hist.history["accuracy"][-1])
print("test accuracy ", (predicted == truth).mean())
