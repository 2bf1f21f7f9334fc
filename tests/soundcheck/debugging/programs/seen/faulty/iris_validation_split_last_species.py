"""Training accuracy is 100 % but val_accuracy is exactly 0.0 in all epochs. How can it be exactly zero?"""
# fault: data_not_shuffled
# why: iris is sorted by species, and validation_split takes the last fifth: one species only.

from sklearn.datasets import load_iris
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential

iris = load_iris()
X = StandardScaler().fit_transform(iris.data)
Y = OneHotEncoder().fit_transform(iris.target.reshape(-1, 1)).toarray()

model = Sequential()
model.add(Dense(10, input_dim=4, activation="relu"))
model.add(Dense(3, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(X, Y, epochs=40, batch_size=8, validation_split=1 / 3, verbose=0)
print(history.history["val_accuracy"][-3:])
