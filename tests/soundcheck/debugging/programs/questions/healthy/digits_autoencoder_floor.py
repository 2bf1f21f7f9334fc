"""My autoencoder for digit images: the loss goes down and then does not go below 0.2, although the pictures that
come out look good. Why can't it reach zero?"""
# healthy
# after: Why can't this autoencoder reach zero loss?
import numpy as np
from keras.layers import Input, Dense
from keras.models import Model
from keras.utils import set_random_seed
from sklearn.datasets import load_digits

set_random_seed(42)
x = load_digits().data / 16.
x_train, x_test = x[:1500], x[1500:]

encoding_dim = 24
inputs = Input(shape=x_train.shape[1:])
encoded = Dense(100, activation='relu')(inputs)
encoded = Dense(encoding_dim, activation='relu')(encoded)
decoded = Dense(100, activation='relu')(encoded)
decoded = Dense(x_train.shape[-1], activation='sigmoid')(decoded)
autoencoder = Model(inputs, decoded)
autoencoder.compile(optimizer='adam', loss='binary_crossentropy')
autoencoder.fit(x_train, x_train, epochs=80, batch_size=32, verbose=2, validation_data=(x_test, x_test))
rec = autoencoder.predict(x_test, verbose=0)
print('mse', np.mean((rec - x_test) ** 2), 'of a variance of', np.mean((x_test - x_train.mean(0)) ** 2))
