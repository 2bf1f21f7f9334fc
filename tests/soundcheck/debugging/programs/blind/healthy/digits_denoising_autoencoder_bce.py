"""Denoising autoencoder on the 8x8 digits, as in the blog post: sigmoid at the end and binary crossentropy on grey values.
The loss stays near 0.28, which is near the entropy of the pictures themselves."""
# healthy
import numpy as np
from sklearn.datasets import load_digits
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import set_random_seed

set_random_seed(9)

x = load_digits().data / 16.
x_train, x_test = x[:1500], x[1500:]
noise = np.random.default_rng(9)
x_train_noisy = np.clip(x_train + noise.normal(0, 0.25, x_train.shape), 0., 1.)
x_test_noisy = np.clip(x_test + noise.normal(0, 0.25, x_test.shape), 0., 1.)

input_img = Input(shape=(64,))
encoded = Dense(48, activation='relu')(input_img)
encoded = Dense(24, activation='relu')(encoded)
decoded = Dense(48, activation='relu')(encoded)
decoded = Dense(64, activation='sigmoid')(decoded)

autoencoder = Model(input_img, decoded)
encoder = Model(input_img, encoded)
autoencoder.compile(optimizer=Adam(3e-3), loss='binary_crossentropy')
autoencoder.fit(x_train_noisy, x_train,
                epochs=20,
                batch_size=64,
                shuffle=True,
                validation_data=(x_test_noisy, x_test),
                verbose=0)

clean = autoencoder.predict(x_test_noisy, verbose=0)
print('mse noisy', np.mean((x_test_noisy - x_test) ** 2), 'denoised', np.mean((clean - x_test) ** 2))
p = np.clip(x_test, 1e-7, 1 - 1e-7)
print('entropy of the pictures', -np.mean(p * np.log(p) + (1 - p) * np.log(1 - p)))
print('loss', autoencoder.evaluate(x_test_noisy, x_test, verbose=0), 'code shape', encoder.predict(x_test[:2], verbose=0).shape)
