"""RandomNormal(stddev=20) in tanh layers: it was in the example of a colleague, the loss starts at 60
and stays bad.
"""

# fault: initialisation or saturation
# why: the first weights drive every tanh to its flat ends, where no gradient comes back.
import keras
from keras import initializers, layers
from sklearn.datasets import make_circles

keras.utils.set_random_seed(9)
X, y = make_circles(n_samples=600, noise=0.05, factor=0.5, random_state=0)

init = initializers.RandomNormal(stddev=20.0, seed=1)
model = keras.Sequential(
    [
        keras.Input((2,)),
        layers.Dense(32, activation="tanh", kernel_initializer=init),
        layers.Dense(
            32, activation="tanh", kernel_initializer=initializers.RandomNormal(stddev=20.0, seed=2)
        ),
        layers.Dense(
            32, activation="tanh", kernel_initializer=initializers.RandomNormal(stddev=20.0, seed=3)
        ),
        layers.Dense(
            1, activation="sigmoid", kernel_initializer=initializers.RandomNormal(stddev=20.0, seed=4)
        ),
    ]
)
model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=15, batch_size=32, verbose=0)
