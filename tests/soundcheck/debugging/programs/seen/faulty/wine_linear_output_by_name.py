"""My wine classifier does not learn: the loss jumps about and accuracy stays where guessing would be."""
# fault: output_activation
# why: the last Dense has no softmax while the loss, given by name, takes probabilities.
import keras
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(0)
X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=1, stratify=y)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)

model = keras.Sequential()
model.add(keras.layers.Dense(32, input_shape=(13,), activation="relu"))
model.add(keras.layers.Dense(3))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X_train, y_train, epochs=30, batch_size=16, verbose=0)
print("test accuracy", model.evaluate(X_test, y_test, verbose=0)[1])
