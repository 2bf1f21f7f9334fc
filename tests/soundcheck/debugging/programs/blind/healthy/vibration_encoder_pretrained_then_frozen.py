"""We have many unlabelled vibration records and few labelled ones. First an autoencoder on all of them,
then its encoder is frozen and a small head trained on the 150 labelled records."""
# healthy
import numpy as np
import keras
from keras import layers

keras.utils.set_random_seed(101)
rng = np.random.default_rng(101)

t = np.arange(48) / 48


def records(n):
    state = rng.integers(0, 3, n)          # fine, loose, worn
    base = np.array([3.0, 5.0, 8.0])[state] + rng.normal(0, 0.3, n)
    amp = rng.uniform(0.7, 1.3, n)
    phase = rng.uniform(0, 1.5, n)
    sig = amp[:, None] * np.sin(2 * np.pi * base[:, None] * t + phase[:, None])
    sig += 0.3 * np.sin(2 * np.pi * 2 * base[:, None] * t)
    return (sig + rng.normal(0, 0.15, sig.shape)).astype('float32'), state


unlabelled, _ = records(1500)
few_x, few_y = records(150)
test_x, test_y = records(300)

# --- step 1: autoencoder
encoder = keras.Sequential([keras.Input((48,)), layers.Dense(48, activation='relu'), layers.Dense(10)], name='encoder')
decoder = keras.Sequential([keras.Input((10,)), layers.Dense(48, activation='relu'), layers.Dense(48)], name='decoder')
signal = keras.Input((48,))
auto = keras.Model(signal, decoder(encoder(signal)))
auto.compile('adam', 'mse')
auto.fit(unlabelled, unlabelled, epochs=20, batch_size=50, verbose=0)
print('reconstruction mse', auto.evaluate(test_x, test_x, verbose=0), 'variance', test_x.var())

# --- step 2: head on the frozen encoder
encoder.trainable = False
inputs = keras.Input((48,))
h = encoder(inputs, training=False)
h = layers.Dense(24, activation='relu')(h)
classifier = keras.Model(inputs, layers.Dense(3, activation='softmax')(h))
classifier.compile(keras.optimizers.Adam(0.005), 'sparse_categorical_crossentropy', metrics=['accuracy'])
classifier.fit(few_x, few_y, epochs=40, batch_size=25, verbose=0)
print('state accuracy', classifier.evaluate(test_x, test_y, verbose=0)[1])
