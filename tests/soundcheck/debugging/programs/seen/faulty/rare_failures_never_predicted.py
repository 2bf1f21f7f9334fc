"""97 % accuracy but the confusion matrix says that not a single failure of a machine is ever predicted."""
# fault: class_imbalance
# why: 3 % of the rows are failures; they can be told in part, but answering "fine" always costs little.

from sklearn.datasets import make_classification
from sklearn.metrics import confusion_matrix
from sklearn.preprocessing import StandardScaler
from tensorflow import keras

X, y = make_classification(
    n_samples=1500, n_features=12, n_informative=4, weights=[0.975], class_sep=0.6, flip_y=0.0, random_state=4
)
X = StandardScaler().fit_transform(X)
keras.utils.set_random_seed(4)
model = keras.Sequential(
    [
        keras.layers.Input(shape=(12,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=12, batch_size=32, verbose=0)
print(confusion_matrix(y, model.predict(X, verbose=0).ravel() > 0.5))
