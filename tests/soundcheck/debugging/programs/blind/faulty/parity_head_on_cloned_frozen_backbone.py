"""Transfer learning on the small digits: I train a backbone to read the ten digits, clone it,
freeze it, and put a new head on it for odd/even with only 300 labels. The head trains but the
accuracy is far below what features that know the digits should give."""
# fault: layer_frozen
# why: clone_model() copies no weights, so the frozen extractor is random; test accuracy 0.70 with the fault, 0.96 with set_weights().
import keras
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(11)

X, digit = load_digits(return_X_y=True)
X = (X / 16.0).astype("float32")
X_src, X_rest, d_src, d_rest = train_test_split(X, digit, train_size=1000, random_state=0)
X_new, X_test, d_new, d_test = train_test_split(X_rest, d_rest, train_size=300, random_state=0)

# ---- source task: which digit ----
backbone = keras.Sequential(
    [
        keras.Input((64,)),
        layers.Dense(48, activation="relu"),
        layers.Dense(24, activation="relu"),
        layers.Dense(12, activation="relu"),
    ],
    name="backbone",
)
source = keras.Sequential([backbone, layers.Dense(10, activation="softmax")])
source.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
source.fit(X_src, d_src, epochs=15, batch_size=32, verbose=0)
print("source accuracy", source.evaluate(X_test, d_test, verbose=0)[1])

# ---- target task: odd or even ----
extractor = keras.models.clone_model(backbone)   # keep the original as it is
extractor.trainable = False

inputs = keras.Input((64,))
features = extractor(inputs, training=False)
outputs = layers.Dense(1, activation="sigmoid")(features)
target = keras.Model(inputs, outputs)
target.compile(
    optimizer=keras.optimizers.Adam(0.02),
    loss="binary_crossentropy",
    metrics=["accuracy"],
)
target.fit(X_new, d_new % 2, epochs=25, batch_size=32, verbose=0)
print("target accuracy", target.evaluate(X_test, d_test % 2, verbose=0)[1])
