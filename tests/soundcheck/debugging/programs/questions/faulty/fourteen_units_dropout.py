"""Keras classifier with five classes, 14 features. Prediction classes should be 0,1,2,3,4 but for the same data I get
nearly always one and the same class. A random forest gets more than 85 %."""
# fault: dropout
# why: three times Dropout(0.8) on 14 units; test accuracy 0.18 so, 0.89 with Dropout(0.05)
# after: good accuracy but bad prediction
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

set_random_seed(28)
X, y = make_classification(n_samples=2500, n_features=14, n_informative=9, n_redundant=2, n_classes=5,
                           n_clusters_per_class=1, class_sep=1.6, flip_y=0.02, random_state=9)
X = StandardScaler().fit_transform(X)
x_vals_train, x_vals_test = X[:2000], X[2000:]
y_train, y_test = to_categorical(y[:2000]), to_categorical(y[2000:])

model = Sequential()
model.add(Dense(units=14, activation='relu', input_shape=(14,)))
model.add(Dropout(0.8))
model.add(Dense(units=14, activation='relu'))
model.add(Dropout(0.8))
model.add(Dense(units=14, activation='relu'))
model.add(Dropout(0.8))
model.add(Dense(units=5, activation='softmax'))
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(x_vals_train, y_train, validation_data=(x_vals_test, y_test), verbose=2, epochs=30, batch_size=32)
score = model.evaluate(x_vals_test, y_test, verbose=0)
print('Test score:', score[0])
print('Test accuracy:', score[1])
print(np.bincount(model.predict(x_vals_test, verbose=0).argmax(1), minlength=5))
