"""Walking or running? Windows overlap by three quarters, but people are either trained on or validated on."""
# healthy

import numpy as np
import tensorflow as tf
from sklearn.model_selection import GroupShuffleSplit

rng = np.random.default_rng(6)
windows, labels, people = [], [], []
for person in range(16):
    for running in (0, 1):
        time = np.arange(300)
        pace = (0.5 if running else 0.25) * rng.uniform(0.9, 1.1)
        wave = np.sin(pace * time + rng.uniform(0, 6))[:, None] * rng.normal(1, 0.1, 3)
        signal = wave + rng.normal(0, 0.3, (300, 3))
        for start in range(0, 300 - 48, 12):
            windows.append(signal[start : start + 48])
            labels.append(running)
            people.append(person)
windows, labels = np.array(windows, "float32"), np.array(labels)
train, test = next(GroupShuffleSplit(1, test_size=0.25, random_state=6).split(windows, labels, people))

tf.keras.utils.set_random_seed(6)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Input((48, 3)),
        tf.keras.layers.Conv1D(16, 7, activation="relu"),
        tf.keras.layers.Conv1D(16, 7, activation="relu"),
        tf.keras.layers.GlobalMaxPooling1D(),
        tf.keras.layers.Dense(2),
    ]
)
model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(
    windows[train], labels[train], validation_data=(windows[test], labels[test]), epochs=15, verbose=0
)
print(model.evaluate(windows[test], labels[test], verbose=0))
