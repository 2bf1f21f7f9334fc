"""Why is accuracy only about 50 % on moons? Everybody says a small network solves this."""

# fault: epochs_too_few
# why: two epochs of eight updates are not enough for anything; two hundred solve it.
import keras
from sklearn.datasets import make_moons

keras.utils.set_random_seed(5)
X, y = make_moons(n_samples=250, noise=0.1, random_state=3)

model = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(16, activation="tanh"),
        keras.layers.Dense(16, activation="tanh"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(
    loss="binary_crossentropy", optimizer=keras.optimizers.SGD(0.01, momentum=0.5), metrics=["accuracy"]
)
model.fit(X, y, epochs=2, batch_size=32)
