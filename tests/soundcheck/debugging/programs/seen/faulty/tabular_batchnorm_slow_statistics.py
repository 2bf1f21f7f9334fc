"""model.fit shows 97 % accuracy but model.evaluate on the very same data gives 50 %. How is that possible?"""

# fault: batch_normalisation
# why: momentum 0.999 and 60 steps: the moving statistics are still those of the start.
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)
x = rng.normal(20.0, 4.0, size=(640, 8)).astype("float32")
y = (x[:, 0] + x[:, 1] - x[:, 2] > 20).astype("int32")

inp = keras.Input((8,))
z = layers.BatchNormalization(momentum=0.999)(inp)
z = layers.Dense(32)(z)
z = layers.BatchNormalization(momentum=0.999)(z)
z = layers.Activation("relu")(z)
out = layers.Dense(1, activation="sigmoid")(z)
model = keras.Model(inp, out)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=64, epochs=6, verbose=0)
print(model.evaluate(x, y, verbose=0))
