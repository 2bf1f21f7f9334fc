"""Loss decreases, but so slowly... 40 epochs and accuracy is 0.35 on wine. Is my network too small?"""

# fault: learning_rate_low
# why: Adam with 1e-6 changes about a hundred-thousandth of the weights with a step.
import tensorflow as tf
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler, label_binarize

tf.keras.utils.set_random_seed(0)
X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
Y = label_binarize(y, classes=[0, 1, 2])

model = tf.keras.models.Sequential(
    [
        tf.keras.Input((13,)),
        tf.keras.layers.Dense(32, activation="relu"),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(
    optimizer=tf.keras.optimizers.Adam(learning_rate=0.000001),
    loss="categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(X, Y, epochs=40, batch_size=16, verbose=0)
print(model.evaluate(X, Y, verbose=0))
