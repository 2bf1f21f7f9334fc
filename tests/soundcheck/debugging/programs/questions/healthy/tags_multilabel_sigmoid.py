"""Five tags per message, several can be true at once. I use sigmoid and binary_crossentropy with five outputs
and nobody complains. Is there any good reason that this is allowed?"""
# healthy
# after: No error thrown for binary crossentropy with multiple classes
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.metrics import f1_score

set_random_seed(54)
rng = np.random.RandomState(54)
X = rng.normal(size=(3000, 20)).astype('float32')
W = rng.normal(size=(20, 5))
Y = ((X @ W) + rng.normal(0, 0.8, size=(3000, 5)) > 0.5).astype('float32')

model = Sequential()
model.add(Dense(32, activation='relu', input_dim=20))
model.add(Dense(5, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['binary_accuracy'])
model.fit(X[:2400], Y[:2400], epochs=20, batch_size=32, verbose=2, validation_split=0.1)
said = model.predict(X[2400:], verbose=0) > 0.5
print('per tag accuracy', np.mean(said == Y[2400:], axis=0), 'f1', f1_score(Y[2400:], said, average='macro'))
