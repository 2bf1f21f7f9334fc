"""
ResNet: 100% accuracy during training, but 33% prediction accuracy with the same data?!
I first wanted to see whether my residual net can learn a few pictures by heart. fit() says accuracy 1.0,
then evaluate() on the very same arrays gives about one third. Is evaluate broken?
"""
# fault: batch_normalisation
# why: 27 updates at momentum 0.99 leave the moving averages near their start: evaluate gives 0.33 where training gave 1.0; 1.0 with momentum=0.5
# after: ResNet: 100% accuracy during training, but 33% prediction accuracy with the same data
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, Model

np.random.seed(0)
tf.keras.utils.set_random_seed(0)
n = 90
y = np.repeat([0, 1, 2], n // 3)
x = np.random.uniform(0.3, 0.7, (n, 16, 16, 3)).astype("float32")
for i in range(n):
    x[i, :, :, y[i]] += 0.25 + 0.1 * np.random.rand()
x = x * 6.0 + 4.0


def block(t, filters):
    s = layers.Conv2D(filters, 1, padding="same")(t)
    t = layers.Conv2D(filters, 3, padding="same")(t)
    t = layers.BatchNormalization()(t)
    t = layers.Activation("relu")(t)
    t = layers.Conv2D(filters, 3, padding="same")(t)
    t = layers.BatchNormalization()(t)
    return layers.Activation("relu")(layers.add([t, s]))


inp = layers.Input((16, 16, 3))
t = layers.BatchNormalization()(inp)
t = block(t, 8)
t = layers.MaxPooling2D()(t)
t = block(t, 16)
t = layers.GlobalAveragePooling2D()(t)
out = layers.Dense(3, activation="softmax")(t)
model = Model(inp, out)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=9, batch_size=30, shuffle=True, verbose=2)
print("evaluate on the training pictures:", model.evaluate(x, y, verbose=0))
