"""Activity recognition on accelerometer and gyroscope windows (6 channels, 5 activities) with a
small Conv1D network with batch normalisation and early stopping."""
# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(77)
rng = np.random.default_rng(77)

T, C, K = 50, 6, 5
mix = rng.normal(0, 1, (K, C))
freq = np.array([1.0, 1.6, 2.3, 3.5, 0.2])


def subject(n):
    k = rng.integers(0, K, n)
    s = np.arange(T) / 25
    f = freq[k] * rng.normal(1, 0.08, n)
    wave = np.sin(2 * np.pi * f[:, None] * s + rng.uniform(0, 6.28, (n, 1)))
    x = wave[..., None] * mix[k][:, None, :] * 0.6 + rng.normal(0, 0.8, (n, T, C))
    return x.astype("float32"), k


x_train, y_train = subject(1300)
x_val, y_val = subject(300)
x_test, y_test = subject(300)

mean = x_train.mean(axis=(0, 1))
std = x_train.std(axis=(0, 1))
x_train, x_val, x_test = [(a - mean) / std for a in (x_train, x_val, x_test)]

inputs = keras.Input((T, C))
x = inputs
for filters in (16, 32):
    x = layers.Conv1D(filters, 5, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling1D(2)(x)
x = layers.GlobalAveragePooling1D()(x)
x = layers.Dropout(0.2)(x)
outputs = layers.Dense(K, activation="softmax")(x)

model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(2e-3),
              loss="sparse_categorical_crossentropy", metrics=["accuracy"])
stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=4, restore_best_weights=True)
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=14, batch_size=64,
          callbacks=[stop], verbose=0)
print("test", model.evaluate(x_test, y_test, verbose=0))
