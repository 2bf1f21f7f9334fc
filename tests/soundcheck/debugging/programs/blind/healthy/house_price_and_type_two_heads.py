"""One network with two heads: price (standardised) and type of the house (4 classes) from the same
12 features, with loss weights."""
# healthy
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(55)
rng = np.random.default_rng(55)

n = 2200
centres = rng.normal(0, 1.3, (4, 12))
kind = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
x = centres[kind] + rng.normal(0, 1.0, (n, 12))
price = 250 + 40 * kind + 25 * x[:, 0] - 15 * x[:, 1] + 10 * x[:, 2] * x[:, 3] + rng.normal(0, 12, n)

x = ((x - x[:1700].mean(0)) / x[:1700].std(0)).astype("float32")
p_mean, p_std = price[:1700].mean(), price[:1700].std()
price_z = ((price - p_mean) / p_std).astype("float32")
kind_1hot = keras.utils.to_categorical(kind, 4)

inp = keras.Input((12,))
h = layers.Dense(48, activation="relu")(inp)
h = layers.Dense(48, activation="relu")(h)
price_out = layers.Dense(1, name="price")(h)
kind_out = layers.Dense(4, activation="softmax", name="kind")(h)
model = keras.Model(inp, {"price": price_out, "kind": kind_out})

model.compile(
    optimizer="adam",
    loss={"price": "huber", "kind": keras.losses.CategoricalCrossentropy(label_smoothing=0.05)},
    loss_weights={"price": 1.0, "kind": 0.5},
    metrics={"price": "mae", "kind": "accuracy"},
)
model.fit(
    x[:1700], {"price": price_z[:1700], "kind": kind_1hot[:1700]},
    validation_data=(x[1700:], {"price": price_z[1700:], "kind": kind_1hot[1700:]}),
    epochs=10, batch_size=32, verbose=0,
)
result = model.evaluate(x[1700:], {"price": price_z[1700:], "kind": kind_1hot[1700:]},
                        verbose=0, return_dict=True)
print(result)
print("price error in thousands:", result["price_mae"] * p_std)
