"""Simple net for a bit of research, and I have trouble with nan during the training. In one epoch the loss jumps from
a small number to a trillion and then to nan. The data are standardised. I tried another batch size and loss already."""
# fault: learning_rate_high
# why: SGD with 0.5 and momentum 0.9; loss nan so, validation mse 0.033 (variance 1.09) with 0.005
# after: Why is learning rate causing my neural network's weights to skyrocket?
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD
from keras.utils import set_random_seed
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

set_random_seed(15)
X, y = make_friedman1(n_samples=1500, n_features=8, noise=0.5, random_state=0)
X = StandardScaler().fit_transform(X)
y = (y - y.mean()) / y.std()
a, b, ya, yb = train_test_split(X, y, test_size=0.25, random_state=1)

model = Sequential()
model.add(Dense(64, activation='relu', input_dim=8))
model.add(Dense(64, activation='relu'))
model.add(Dense(1))
sgd = SGD(learning_rate=0.5, momentum=0.9, nesterov=True)
model.compile(loss='mean_squared_error', optimizer=sgd)
h = model.fit(a, ya, epochs=30, batch_size=32, verbose=0, validation_data=(b, yb))
print('training loss', h.history['loss'][0], h.history['loss'][-1])
print('validation mse', h.history['val_loss'][-1], '(variance of target %.2f)' % yb.var())
