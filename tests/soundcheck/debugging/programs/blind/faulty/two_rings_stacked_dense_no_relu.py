"""Toy problem for my thesis chapter: inner ring against outer ring. I stack more and more Dense layers
(now four) and the accuracy stays around 50 %. scikit-learn's MLPClassifier gets nearly everything right."""
# fault: hidden_activation
# why: no activation between the Dense layers, all of it is one linear map (validation accuracy 0.99 without, 0.49 with)
import tensorflow as tf
from sklearn.datasets import make_circles
from sklearn.model_selection import train_test_split

tf.keras.utils.set_random_seed(8)

points, ring = make_circles(n_samples=800, noise=0.08, factor=0.5, random_state=8)
x_train, x_test, y_train, y_test = train_test_split(points, ring, random_state=8)

width = 24
act = None
net = tf.keras.Sequential([
    tf.keras.Input(shape=(2,)),
    tf.keras.layers.Dense(width, activation=act),
    tf.keras.layers.Dense(width, activation=act),
    tf.keras.layers.Dense(width, activation=act),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
net.compile(optimizer=tf.keras.optimizers.Adam(0.003), loss=tf.keras.losses.BinaryCrossentropy(),
            metrics=[tf.keras.metrics.BinaryAccuracy(name="acc")])

log = net.fit(x_train, y_train, batch_size=32, epochs=30, validation_data=(x_test, y_test), verbose=0)

best = max(log.history["val_acc"])
print("last  val acc: %.3f" % log.history["val_acc"][-1])
print("best  val acc: %.3f" % best)
