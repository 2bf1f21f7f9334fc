"""Three kinds of whistles on noise, turned into log spectrograms with NumPy and classified with a
small CNN fed by tf.data."""
# healthy
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, models

tf.keras.utils.set_random_seed(19)
rng = np.random.default_rng(19)

SR, N, HOP, WIN = 4000, 1600, 64, 128


def sound(kind):
    t = np.arange(N) / SR
    f0 = rng.uniform(600, 900)
    if kind == 0:                                    # steady
        phase = f0 * t
    elif kind == 1:                                  # rising
        phase = f0 * t + rng.uniform(700, 1100) * t ** 2
    else:                                            # vibrato
        phase = f0 * t + 6 * np.sin(2 * np.pi * rng.uniform(8, 12) * t)
    return np.sin(2 * np.pi * phase) + rng.normal(0, 0.5, N)


def log_spectrogram(w):
    frames = np.stack([w[i:i + WIN] for i in range(0, N - WIN, HOP)]) * np.hanning(WIN)
    return np.log(np.abs(np.fft.rfft(frames, axis=1))[:, 8:48] + 1e-3)


y = rng.integers(0, 3, 750)
X = np.stack([log_spectrogram(sound(k)) for k in y])[..., None].astype('float32')
mu, sd = X[:600].mean(), X[:600].std()
X = (X - mu) / sd

train = tf.data.Dataset.from_tensor_slices((X[:600], y[:600])).shuffle(600).batch(32)
test = tf.data.Dataset.from_tensor_slices((X[600:], y[600:])).batch(75)

model = models.Sequential([
    layers.Input(X.shape[1:]),
    layers.Conv2D(8, 3, activation='relu'),
    layers.MaxPooling2D(2),
    layers.Conv2D(16, 3, activation='relu'),
    layers.MaxPooling2D(2),
    layers.Flatten(),
    layers.Dense(24, activation='relu'),
    layers.Dense(3, activation='softmax'),
])
model.compile('adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(train, shuffle=False, validation_data=test, epochs=8, verbose=2)
