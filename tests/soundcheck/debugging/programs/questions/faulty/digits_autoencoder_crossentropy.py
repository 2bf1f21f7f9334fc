"""Vanilla autoencoder of Dense layers on digit pictures. It runs, the loss moves a little, but the reconstructed pictures are
almost black. I do not understand how crossentropy works with so many outputs."""
# fault: output_activation
# why: 64 independent pixels squeezed through softmax; mse of the reconstruction 0.209 (mean picture 0.074) so, 0.013 with sigmoid
# after: How does binary cross entropy loss work on autoencoders?
import numpy as np
from keras.layers import Input, Dense
from keras.models import Model
from keras.utils import set_random_seed
from sklearn.datasets import load_digits

set_random_seed(6)
pix = load_digits().data / 16.
trainX, testX = pix[:1400], pix[1400:]

iLayer = Input((64,))
layer1 = Dense(48, activation='relu')(iLayer)
layer2 = Dense(16, activation='relu')(layer1)
layer3 = Dense(48, activation='relu')(layer2)
layer4 = Dense(64, activation='softmax')(layer3)
model = Model(iLayer, layer4)
model.compile(loss='binary_crossentropy', optimizer='adam')
model.fit(trainX, trainX, epochs=60, batch_size=50, verbose=2, validation_data=(testX, testX))
rec = model.predict(testX, verbose=0)
print('brightest pixel in / out', testX.max(), rec.max())
print('mse', np.mean((rec - testX) ** 2), 'mse of the mean picture', np.mean((testX - trainX.mean(0)) ** 2))
