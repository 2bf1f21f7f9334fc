"""
loss: nan from the first epoch on. Time series of a traded volume, I give relative changes to an LSTM. Changed the optimizer,
a smaller learning rate and gradient clipping: still nan. Network is really small.
"""
# fault: non_finite_data
# why: division by the zero volumes puts inf/-1 into the input: loss nan so, validation accuracy 0.91 with the inf replaced
# after: Addressing the issue of loss=nan in LSTM-based Time Series Classification
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(91)
tf.random.set_seed(91)
day = np.arange(1200)
volume = np.clip(rng.normal(40 + 25 * np.sin(day / 3.0), 2), 0, None).round()
volume[[200, 477, 800]] = 0
with np.errstate(divide="ignore", invalid="ignore"):
    change = volume[1:] / volume[:-1] - 1.0
w = 12
X = np.stack([change[i:i + w] for i in range(len(change) - w)])[..., None].astype("float32")
y = (volume[w + 1:] > volume[w:-1]).astype("float32")
cut = 1000

model = tf.keras.Sequential([
    layers.Input((w, 1)),
    layers.LSTM(24),
    layers.Dense(1, activation="sigmoid"),
])
opt = tf.keras.optimizers.Adam(learning_rate=0.003, clipnorm=1.0)
model.compile(loss="binary_crossentropy", optimizer=opt, metrics=["accuracy"])
h = model.fit(X[:cut], y[:cut], epochs=20, batch_size=32, validation_data=(X[cut:], y[cut:]), verbose=2)
print("loss", h.history["loss"][-1], "val accuracy", h.history["val_accuracy"][-1])
