"""A very small GAN in 2-D: real points lie on a noisy ring, the generator learns to make such
points from 4-D noise. Discriminator and generator trained in turn with GradientTape."""
# healthy
import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)

LATENT, BATCH, STEPS = 4, 128, 700


def real_points(n):
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = rng.normal(1.0, 0.08, n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype("float32")


generator = keras.Sequential([
    keras.Input((LATENT,)),
    layers.Dense(32, activation="relu"),
    layers.Dense(32, activation="relu"),
    layers.Dense(2),
], name="generator")
discriminator = keras.Sequential([
    keras.Input((2,)),
    layers.Dense(48), layers.LeakyReLU(0.2),
    layers.Dense(48), layers.LeakyReLU(0.2),
    layers.Dense(1),
], name="discriminator")

bce = keras.losses.BinaryCrossentropy(from_logits=True)
g_opt = keras.optimizers.Adam(1e-3, beta_1=0.5)
d_opt = keras.optimizers.Adam(2e-3, beta_1=0.5)


@tf.function
def step(real):
    noise = tf.random.normal((BATCH, LATENT))
    with tf.GradientTape() as tape:
        fake = generator(noise, training=True)
        d_real, d_fake = discriminator(real, training=True), discriminator(fake, training=True)
        d_loss = bce(0.9 * tf.ones_like(d_real), d_real) + bce(tf.zeros_like(d_fake), d_fake)
    d_vars = discriminator.trainable_variables
    d_opt.apply_gradients(zip(tape.gradient(d_loss, d_vars), d_vars))
    with tf.GradientTape() as tape:
        score = discriminator(generator(noise, training=True), training=True)
        g_loss = bce(tf.ones_like(score), score)
    g_vars = generator.trainable_variables
    g_opt.apply_gradients(zip(tape.gradient(g_loss, g_vars), g_vars))
    return d_loss, g_loss


for i in range(STEPS):
    d_loss, g_loss = step(real_points(BATCH))
    if (i + 1) % 140 == 0:
        print(f"step {i + 1}: d {float(d_loss):.3f}  g {float(g_loss):.3f}")

sample = generator(tf.random.normal((500, LATENT))).numpy()
r = np.linalg.norm(sample, axis=1)
print("radius of generated points: mean %.3f, std %.3f" % (r.mean(), r.std()))
print("covered octants:", len(np.unique((np.arctan2(sample[:, 1], sample[:, 0]) // (np.pi / 4)))))
