"""Five quality grades, softmax with five nodes, categorical crossentropy - and fit complains about the shape of the target.
The labels are a simple numpy array of numbers."""
# fault: label_encoding or loss_function
# why: integer labels with categorical_crossentropy; ValueError so, held-out accuracy 1.00 with the sparse loss
# after: keras error: Error when checking target: expected dense_1 to have shape (5,) but got array with shape (1,)
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.datasets import make_blobs

set_random_seed(32)
feat, grade = make_blobs(n_samples=1000, centers=5, n_features=6, cluster_std=2.0, random_state=1)
feat = (feat - feat.mean(0)) / feat.std(0)
print(feat.shape, grade.shape, np.unique(grade))

model = Sequential()
model.add(Dense(30, activation='relu', input_dim=6))
model.add(Dense(5, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
model.fit(feat[:800], grade[:800], epochs=15, batch_size=20, verbose=2)
print('held out', model.evaluate(feat[800:], grade[800:], verbose=0))
