"""Variational autoencoder with a two-number code for the 8x8 digits, as a subclassed Model with
its own train_step."""
# healthy
import keras
import tensorflow as tf
from keras import layers, ops
from sklearn.datasets import load_digits

keras.utils.set_random_seed(88)

x = (load_digits().data / 16.0).astype("float32")
x_train, x_test = x[:1500], x[1500:]


class VAE(keras.Model):
    def __init__(self, code=2, **kwargs):
        super().__init__(**kwargs)
        inp = keras.Input((64,))
        h = layers.Dense(64, activation="relu")(inp)
        self.encoder = keras.Model(inp, [layers.Dense(code)(h), layers.Dense(code)(h)])
        self.decoder = keras.Sequential([
            keras.Input((code,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="sigmoid"),
        ])
        self.noise = keras.random.SeedGenerator(1)
        self.rec_tracker = keras.metrics.Mean(name="rec")
        self.kl_tracker = keras.metrics.Mean(name="kl")

    @property
    def metrics(self):
        return [self.rec_tracker, self.kl_tracker]

    def call(self, x):
        return self.decoder(self.encoder(x)[0])

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, log_var = self.encoder(data, training=True)
            z = mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean), seed=self.noise)
            rec = self.decoder(z, training=True)
            rec_loss = ops.mean(64 * keras.losses.binary_crossentropy(data, rec))
            kl = -0.5 * ops.mean(ops.sum(1 + log_var - ops.square(mean) - ops.exp(log_var), axis=1))
            loss = rec_loss + kl
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        self.rec_tracker.update_state(rec_loss)
        self.kl_tracker.update_state(kl)
        return {m.name: m.result() for m in self.metrics}


vae = VAE()
vae.compile(optimizer=keras.optimizers.Adam(3e-3))
hist = vae.fit(x_train, epochs=25, batch_size=64, verbose=0)
print({k: [round(float(v[0]), 2), round(float(v[-1]), 2)] for k, v in hist.history.items()})

test_rec = vae.predict(x_test, verbose=0)
print("test reconstruction mse", float(((test_rec - x_test) ** 2).mean()),
      "of the mean image", float(((x_train.mean(0) - x_test) ** 2).mean()))
