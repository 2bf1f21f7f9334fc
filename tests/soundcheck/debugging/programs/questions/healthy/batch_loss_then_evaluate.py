"""I train with train_on_batch and then evaluate on the very same batch: the two losses are different! Even without dropout or
batch normalisation. Strange behaviour of the loss function?"""
# healthy
# after: Strange behaviour of the loss function in keras model, with pretrained convolutional base
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.datasets import make_regression
from sklearn.metrics import r2_score

set_random_seed(48)
X, y = make_regression(n_samples=1024, n_features=15, n_informative=8, noise=8.0, random_state=0)
X, y = X.astype('float32'), ((y - y.mean()) / y.std()).astype('float32')
Xt, yt = X[800:], y[800:]
X, y = X[:800], y[:800]

model = Sequential()
model.add(Dense(64, activation='relu', input_dim=15))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam')
for ep in range(40):
    order = np.random.permutation(800)
    for k in range(0, 800, 32):
        b = order[k:k + 32]
        during = model.train_on_batch(X[b], y[b])
    if ep % 10 == 0:
        print('epoch', ep, 'training says', float(during), 'evaluate says', model.evaluate(X[b], y[b], verbose=0))
print('test mse', model.evaluate(Xt, yt, verbose=0), 'r2', r2_score(yt, model.predict(Xt, verbose=0).ravel()))
