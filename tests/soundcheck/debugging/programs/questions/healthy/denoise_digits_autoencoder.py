"""
Denoising autoencoder like on the Keras blog. The binary crossentropy stops at 0.26 and will not go
to zero. Reconstructions look alright. Is it stuck?
"""
# healthy
# after: Building Autoencoders in Keras
import numpy as np
from sklearn.datasets import load_digits
from keras.models import Model
from keras.layers import Input, Conv2D, MaxPooling2D, UpSampling2D

np.random.seed(7)
x = (load_digits().images / 16.0).reshape(-1, 8, 8, 1)
noisy = np.clip(x + 0.2 * np.random.normal(size=x.shape), 0, 1)
tr, te = slice(0, 1400), slice(1400, None)
inp = Input(shape=(8, 8, 1))
h = Conv2D(32, (3, 3), activation='relu', padding='same')(inp)
h = MaxPooling2D((2, 2), padding='same')(h)
h = Conv2D(32, (3, 3), activation='relu', padding='same')(h)
h = UpSampling2D((2, 2))(h)
h = Conv2D(32, (3, 3), activation='relu', padding='same')(h)
out = Conv2D(1, (3, 3), activation='sigmoid', padding='same')(h)
ae = Model(inp, out)
ae.compile(optimizer='adam', loss='binary_crossentropy')
ae.fit(noisy[tr], x[tr], epochs=40, batch_size=32, shuffle=True, validation_data=(noisy[te], x[te]), verbose=2)
r = ae.predict(noisy[te], verbose=0)
print('mse', np.mean((r - x[te]) ** 2), 'noise mse', np.mean((noisy[te] - x[te]) ** 2))
