"""When I train this prediction model the loss and accuracy get stuck from the first epoch: loss goes from 1.3 to 1.25 and that's it.
Normalised inputs, softmax, categorical crossentropy, all by the book."""
# fault: learning_rate_low
# why: SGD with 0.00001; test accuracy 0.19 so, 0.96 with 0.01
# after: Loss and Accuracy Get Stuck in Keras
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

set_random_seed(22)
wine = load_wine()
X = StandardScaler().fit_transform(wine.data)
Xa, Xb, ya, yb = train_test_split(X, to_categorical(wine.target), test_size=0.3, random_state=5, stratify=wine.target)

model = Sequential()
model.add(Dense(20, input_dim=13, activation='relu'))
model.add(Dense(20, activation='relu'))
model.add(Dense(3, activation='softmax'))
sgd = SGD(learning_rate=0.00001, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer=sgd, metrics=['accuracy'])
model.fit(Xa, ya, epochs=60, batch_size=10, verbose=2)
print('test loss / accuracy', model.evaluate(Xb, yb, verbose=0))
