"""My MLP on the digits data set stays at 10 % accuracy. I tried more neurons, nothing changes. What am I
missing?
"""

# fault: learning_rate_high
# why: SGD with a rate of 10 throws the weights away in the first steps; 0.1 learns.
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras.layers import Dense

keras.utils.set_random_seed(1)
digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.data / 16.0, digits.target, test_size=0.2, random_state=0
)

model = keras.Sequential()
model.add(keras.Input((64,)))
model.add(Dense(64, activation="relu"))
model.add(Dense(32, activation="relu"))
model.add(Dense(10, activation="softmax"))

sgd = keras.optimizers.SGD(learning_rate=10.0)
model.compile(loss="sparse_categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
model.fit(X_train, y_train, epochs=8, batch_size=32, verbose=2, validation_data=(X_test, y_test))
