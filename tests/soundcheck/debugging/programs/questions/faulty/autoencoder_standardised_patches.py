"""
My convolutional-free autoencoder outputs nearly the same picture for everything. Loss stops at about 0.8-0.9 in the
first epochs. The Keras blog example works on MNIST, I only replaced the images by my own and
standardised them because that is what one should do.
"""
# fault: output_activation
# why: sigmoid cannot reach standardised values outside 0..1: mse 0.575 (variance 0.96) so, 0.122 with a linear output
# after: Loss function for autoencoders
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler
from keras.models import Model
from keras.layers import Input, Dense

np.random.seed(1)
raw = load_digits().data[:, 1:]
keep = raw.std(axis=0) > 1.0
x = StandardScaler().fit_transform(raw[:, keep])
x_train, x_test = x[:1500], x[1500:]
dim = x.shape[1]

image = Input(shape=(dim,))
e = Dense(100, activation='relu')(image)
code = Dense(24, activation='relu')(e)
d = Dense(100, activation='relu')(code)
decoded = Dense(dim, activation='sigmoid')(d)
autoencoder = Model(image, decoded)
autoencoder.compile(optimizer='adam', loss='mse')
autoencoder.fit(x_train, x_train, epochs=40, batch_size=64, shuffle=True, validation_data=(x_test, x_test), verbose=2)
r = autoencoder.predict(x_test, verbose=0)
print('reconstruction mse', np.mean((r - x_test) ** 2), 'variance', x_test.var())
