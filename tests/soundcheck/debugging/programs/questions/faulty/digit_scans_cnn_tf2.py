"""
My CNN for small scanned digits does not get anywhere. The loss jumps around and the
accuracy hovers around 10-20 % no matter how many epochs I give it. Same network in an
example I found online gets > 95 %. Images are scaled. What am I missing?
"""
# fault: output_activation or loss_function
# why: raw outputs taken for probabilities: test accuracy 0.10-0.18 so, 0.97 with a softmax output (or from_logits=True)
# after: CNN with keras, accuracy not improving
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

tf.random.set_seed(3)
d = load_digits()
imgs = (d.images / 16.0)[..., np.newaxis].astype("float32")
x_train, x_test, y_train, y_test = train_test_split(imgs, d.target, test_size=0.25, random_state=1)

model = tf.keras.Sequential([
    tf.keras.layers.Input(shape=(8, 8, 1)),
    tf.keras.layers.Conv2D(32, (3, 3), activation="relu", padding="same"),
    tf.keras.layers.MaxPooling2D((2, 2)),
    tf.keras.layers.Conv2D(64, (3, 3), activation="relu"),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(64, activation="relu"),
    tf.keras.layers.Dense(10),
])
model.compile(optimizer="adam",
              loss="sparse_categorical_crossentropy",
              metrics=["accuracy"])
model.summary()
history = model.fit(x_train, y_train, epochs=12, batch_size=32,
                    validation_data=(x_test, y_test), verbose=2)
loss, acc = model.evaluate(x_test, y_test, verbose=0)
print("test loss", loss, "test accuracy", acc)
