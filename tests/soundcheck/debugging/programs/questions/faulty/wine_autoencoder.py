"""A small autoencoder for lab measurements. It should give back what it gets, but the output has numbers between 0 and 1 only,
far from the input, and the loss stops very early."""
# fault: output_activation
# why: sigmoid output cannot reach standardised values; variance kept 0.42 so, 0.94 with a linear output
# after: Keras autoencoder simple example has a strange output
import numpy as np
from keras.layers import Input, Dense
from keras.models import Model
from keras.utils import set_random_seed
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

set_random_seed(0)
x_train = StandardScaler().fit_transform(load_wine().data)
encoding_dim = 8

inp = Input(shape=(13,))
encoded = Dense(32, activation='relu')(inp)
encoded = Dense(encoding_dim, activation='linear')(encoded)
decoded = Dense(32, activation='relu')(encoded)
decoded = Dense(13, activation='sigmoid')(decoded)

autoencoder = Model(inp, decoded)
autoencoder.compile(optimizer='adam', loss='mse')
autoencoder.fit(x_train, x_train, epochs=200, batch_size=16, verbose=0)
back = autoencoder.predict(x_train, verbose=0)
print('in ', np.round(x_train[0], 2))
print('out', np.round(back[0], 2))
print('share of variance kept', 1 - np.mean((back - x_train) ** 2) / x_train.var())
