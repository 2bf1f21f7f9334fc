"""Trying a deep network for a binary label which is -1 or +1. The values of loss are unexpected (large, negative) and the accuracy
that is printed is far lower than with a logistic regression."""
# fault: label_encoding
# why: binary_crossentropy wants 0 and 1; loss -1192, accuracy 0.51 so, 0.97 with 0/1
# after: Binary classification in TensorFlow, unexpected large values for loss and accuracy
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.utils import set_random_seed
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

set_random_seed(31)
bc = load_breast_cancer()
labels = np.where(bc.target == 1, 1, -1)
train_x, test_x, train_y, test_y = train_test_split(bc.data, labels, random_state=0, test_size=0.25)
sc = StandardScaler().fit(train_x)
train_x, test_x = sc.transform(train_x), sc.transform(test_x)

model = Sequential()
model.add(Dense(50, input_dim=30))
model.add(Activation('relu'))
model.add(Dense(50))
model.add(Activation('relu'))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(train_x, train_y, epochs=15, batch_size=20, verbose=2)
print('loss, accuracy on test:', model.evaluate(test_x, test_y, verbose=0))
