"""Iris the way the old KerasClassifier tutorial did it, but the cross validation written by hand since the wrapper is gone.
Two halves are enough for me; getting around 95 %, happy with that."""
# healthy
import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import LabelEncoder
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import set_random_seed, to_categorical

seed = 7
set_random_seed(seed)

iris = load_iris()
X = iris.data.astype(float)
names = iris.target_names[iris.target]

# encode class values as integers, then dummy variables
encoder = LabelEncoder()
encoded_Y = encoder.fit_transform(names)
dummy_y = to_categorical(encoded_Y)


def baseline_model():
    model = Sequential()
    model.add(Input(shape=(4,)))
    model.add(Dense(16, activation='relu'))
    model.add(Dense(3, activation='softmax'))
    model.compile(loss='categorical_crossentropy', optimizer=Adam(learning_rate=0.02), metrics=['accuracy'])
    return model


results = []
for train, test in StratifiedKFold(n_splits=2, shuffle=True, random_state=seed).split(X, encoded_Y):
    model = baseline_model()
    model.fit(X[train], dummy_y[train], epochs=30, batch_size=10, verbose=0)
    results.append(model.evaluate(X[test], dummy_y[test], verbose=0)[1])
print("Baseline: %.2f%% (%.2f%%)" % (np.mean(results) * 100, np.std(results) * 100))
