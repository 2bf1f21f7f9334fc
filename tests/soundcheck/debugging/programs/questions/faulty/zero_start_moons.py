"""I let the weights start at 0 because that sounds the most natural and neutral to a novice like me. The model does not learn
anything, accuracy is about 50 % for 40 epochs."""
# fault: initialisation
# why: all units equal and dead from zero weights; test accuracy 0.49 so, 0.98 with the default initialiser
# after: What is the purpose of setting an initial weight on deep learning model?
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.datasets import make_moons

set_random_seed(33)
X, y = make_moons(n_samples=1500, noise=0.15, random_state=0)

model = Sequential()
model.add(Dense(24, input_dim=2, kernel_initializer='zeros', activation='relu'))
model.add(Dense(12, kernel_initializer='zeros', activation='relu'))
model.add(Dense(1, kernel_initializer='zeros', activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X[:1200], y[:1200], epochs=40, batch_size=32, verbose=2)
print('test accuracy %.3f' % model.evaluate(X[1200:], y[1200:], verbose=0)[1])
