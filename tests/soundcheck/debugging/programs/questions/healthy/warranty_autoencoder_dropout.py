"""Autoencoder for anomalies in warranty data. The validation loss is lower than the training loss the whole time which looks
totally weird to me. Is the architecture not correct?"""
# healthy
# after: Validation loss is lower than the training loss
import numpy as np
from keras.layers import Input, Dense, Dropout
from keras.models import Model
from keras.utils import set_random_seed

set_random_seed(41)
rng = np.random.RandomState(41)
hidden = rng.normal(size=(3000, 4))
claims = np.tanh(hidden @ rng.normal(size=(4, 20))) + rng.normal(0, 0.1, size=(3000, 20))
claims = (claims - claims.mean(0)) / claims.std(0)
train, val = claims[:2400], claims[2400:]

inp = Input(shape=(20,))
e = Dense(64, activation='relu')(inp)
e = Dropout(0.1)(e)
code = Dense(6)(e)
d = Dense(64, activation='relu')(code)
out = Dense(20, activation='linear')(d)
ae = Model(inp, out)
ae.compile(optimizer='adam', loss='mse')
h = ae.fit(train, train, epochs=40, batch_size=64, validation_data=(val, val), verbose=2)
print('loss', h.history['loss'][-1], 'val_loss', h.history['val_loss'][-1], 'variance', val.var())
