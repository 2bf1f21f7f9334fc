"""Binary vectors mapped to real numbers. I made the network deep to have enough power, with the classical sigmoid in each layer,
but it is unable to learn and has the same high loss even on the training data."""
# fault: vanishing_gradient or hidden_activation
# why: six sigmoid layers let no gradient through; R2 -0.02 so, 0.999 with relu
# after: What could be the problem when a neural network with four hidden layers with the sigmoid activation function is not learning?
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.optimizers import SGD
from keras.utils import set_random_seed
from sklearn.metrics import r2_score

set_random_seed(14)
bits = np.random.randint(0, 2, size=(3000, 12)).astype('float32')
w = np.random.normal(size=12)
value = bits @ w + 1.5 * bits[:, 0] * bits[:, 1] - 1.2 * bits[:, 4] * bits[:, 7]
value = (value - value.mean()) / value.std()

net = Sequential()
net.add(Dense(64, input_dim=12))
net.add(Activation('sigmoid'))
for _ in range(5):
    net.add(Dense(64))
    net.add(Activation('sigmoid'))
net.add(Dense(1))
net.compile(loss='mse', optimizer=SGD(learning_rate=0.02, momentum=0.9))
net.fit(bits[:2400], value[:2400], epochs=30, batch_size=32, validation_split=0.1, verbose=2)
print('R2 on the rest', r2_score(value[2400:], net.predict(bits[2400:], verbose=0).ravel()))
