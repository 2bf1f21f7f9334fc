"""Four machine states from the band energies of their sound. Training accuracy is excellent. The
validation recordings were made a week later with another microphone, and there it is hopeless."""
# fault: distribution_shift
# why: the validation recordings have another gain and offset per band; val accuracy 0.47 with the fault, 0.98 without (train 0.99 in both).
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(9)
rng = np.random.default_rng(9)

BANDS = 24
profiles = rng.normal(0, 1.0, (4, BANDS))


def recordings(n, gain=1.0, offset=0.0):
    state = rng.integers(0, 4, n)
    energy = profiles[state] + rng.normal(0, 1.0, (n, BANDS))
    return (gain * energy + offset).astype("float32"), state


x_train, y_train = recordings(1200)
tilt = np.linspace(3.0, -5.0, BANDS)      # frequency response of the new microphone
x_val, y_val = recordings(400, gain=0.5, offset=tilt)

norm = layers.Normalization()
norm.adapt(x_train)

inputs = keras.Input((BANDS,))
x = norm(inputs)
x = layers.Dense(32, activation="relu")(x)
x = layers.Dropout(0.2)(x)
outputs = layers.Dense(4, activation="softmax")(x)
model = keras.Model(inputs, outputs, name="machine_sounds")

model.compile(optimizer=keras.optimizers.Adam(2e-3),
              loss=keras.losses.SparseCategoricalCrossentropy(),
              metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")])
log = model.fit(x_train, y_train, epochs=15, batch_size=32,
                validation_data=(x_val, y_val), verbose=0).history
print("train", log["acc"][-1], "val", log["val_acc"][-1], "val_loss", log["val_loss"][-1])
