"""The XOR table, four rows, sixteen hidden units. I cannot make a validation set of four rows, so I only look at the predictions.
Does the model learn it now?"""
# healthy
# after: (copy of a Stack Overflow question at pullrequest.ru, "model uchitsya keras"; title translated: Model does not learn, Keras)
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import Adam
from keras.utils import set_random_seed

set_random_seed(1)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype='float32')
y = np.array([[0], [1], [1], [0]], dtype='float32')

model = Sequential()
model.add(Dense(16, activation='relu', input_dim=2))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer=Adam(0.03), metrics=['accuracy'])
model.fit(X, y, batch_size=4, epochs=400, verbose=0)
print(model.evaluate(X, y, verbose=0))
print(model.predict(X, verbose=0))
