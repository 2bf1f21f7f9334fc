"""Transfer learning with a backbone of my own: trained on four textures with plenty of images,
then frozen under a new head for two mixed textures with 120 images, finally fine-tuned gently."""
# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(41)
rng = np.random.default_rng(41)
S = 12
yy, xx = np.mgrid[:S, :S]


def texture(angle, period):
    a = angle + rng.normal(0, 0.08)
    wave = np.sin(2 * np.pi * (xx * np.cos(a) + yy * np.sin(a)) / period + rng.uniform(0, 6.28))
    return wave + rng.normal(0, 0.4, (S, S))


def images(n, angles, period):
    y = rng.integers(0, len(angles), n)
    return np.stack([texture(angles[k], period) for k in y])[..., None].astype("float32"), y


x_src, y_src = images(800, [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4], period=4)
x_new, y_new = images(120, [np.pi / 8, 5 * np.pi / 8], period=4.5)
x_test, y_test = images(400, [np.pi / 8, 5 * np.pi / 8], period=4.5)

backbone = keras.Sequential([
    keras.Input((S, S, 1)),
    layers.Conv2D(8, 5, activation="relu"),
    layers.Conv2D(12, 3, activation="relu"),
    layers.GlobalAveragePooling2D(),
], name="backbone")
pretrain = keras.Sequential([backbone, layers.Dense(4, activation="softmax")])
pretrain.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
pretrain.fit(x_src, y_src, epochs=5, batch_size=32, verbose=0)
print("source task", pretrain.evaluate(x_src, y_src, verbose=0)[1])

backbone.trainable = False
inp = keras.Input((S, S, 1))
out = layers.Dense(1, activation="sigmoid")(backbone(inp, training=False))
model = keras.Model(inp, out)
model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
model.fit(x_new, y_new, validation_data=(x_test, y_test), epochs=15, batch_size=16, verbose=0)
print("frozen", model.evaluate(x_test, y_test, verbose=0))

backbone.trainable = True
model.compile(keras.optimizers.Adam(1e-4), "binary_crossentropy", metrics=["accuracy"])
model.fit(x_new, y_new, validation_data=(x_test, y_test), epochs=4, batch_size=16, verbose=0)
print("fine-tuned", model.evaluate(x_test, y_test, verbose=0))
