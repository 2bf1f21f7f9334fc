"""Several tags for each article: one sigmoid for each tag and binary crossentropy."""
# healthy
import keras
import numpy as np

keras.utils.set_random_seed(8)
rng = np.random.default_rng(5)
topics = rng.random((700, 4)) < 0.35
words = rng.poisson(0.3 + 2.0 * topics @ (rng.random((4, 40)) < 0.2)).astype("float32")
x, y = np.log1p(words), topics.astype("float32")
model = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(4, activation="sigmoid")])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["binary_accuracy", keras.metrics.AUC(multi_label=True)])
model.fit(x, y, epochs=25, batch_size=32, verbose=0)
print(model.evaluate(x, y, verbose=0))
