"""Variational autoencoder with a two dimensional code on little 1d profiles (one bump each, place and width vary).
The reconstruction part is summed over the pixels as in the paper, the KL part comes by add_loss."""
# healthy
import numpy as np
import keras
from keras import layers, ops

keras.utils.set_random_seed(28)
rng = np.random.default_rng(28)

grid = np.linspace(0, 1, 24)
place = rng.uniform(0.2, 0.8, (1200, 1))
width = rng.uniform(0.05, 0.15, (1200, 1))
profiles = np.exp(-((grid - place) / width) ** 2 / 2)
profiles = np.clip(0.95 * profiles + rng.normal(0, 0.02, profiles.shape), 0, 1).astype("float32")
train, test = profiles[:1000], profiles[1000:]


class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(28)

    def call(self, inputs):
        mean, log_var = inputs
        kl = -0.5 * ops.sum(1 + log_var - ops.square(mean) - ops.exp(log_var), axis=1)
        self.add_loss(ops.mean(kl))
        eps = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_var) * eps


inputs = keras.Input((24,))
h = layers.Dense(64, activation="relu")(inputs)
z_mean = layers.Dense(2, name="z_mean")(h)
z_log_var = layers.Dense(2, name="z_log_var")(h)
z = Sampling()([z_mean, z_log_var])
h = layers.Dense(64, activation="relu")(z)
outputs = layers.Dense(24, activation="sigmoid")(h)


def pixel_sum(y_true, y_pred):
    return ops.sum(keras.losses.binary_crossentropy(y_true[..., None], y_pred[..., None]), axis=-1)


vae = keras.Model(inputs, outputs)
vae.compile(optimizer=keras.optimizers.Adam(3e-3), loss=pixel_sum, metrics=["mae"])
h = vae.fit(train, train, epochs=20, batch_size=50, validation_data=(test, test), verbose=0)
encoder = keras.Model(inputs, z_mean)
code = encoder.predict(test, verbose=0)
print("loss", h.history["loss"][0], "->", h.history["loss"][-1], "val mae", h.history["val_mae"][-1])
print("mae of the mean profile", np.abs(test - train.mean(0)).mean())
print("spread of the code", code.std(axis=0))
print("code/place correlation", [round(float(np.corrcoef(code[:, i], place[1000:, 0])[0, 1]), 2) for i in range(2)])
