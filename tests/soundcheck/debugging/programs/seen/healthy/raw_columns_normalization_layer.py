"""Raw columns, from 0.1 to 1000, go into the model: a Normalization layer inside takes care of them."""
# healthy

import tensorflow as tf
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

x, y = load_breast_cancer(return_X_y=True)
x_train, x_val, y_train, y_val = train_test_split(x.astype("float32"), y, random_state=6)
tf.keras.utils.set_random_seed(6)
normalise = tf.keras.layers.Normalization(axis=-1)
normalise.adapt(x_train)
inputs = tf.keras.Input((30,))
hidden = tf.keras.layers.Dense(16, activation="relu")(normalise(inputs))
outputs = tf.keras.layers.Dense(1, activation="sigmoid")(hidden)
model = tf.keras.Model(inputs, outputs)
model.compile(optimizer=tf.keras.optimizers.Adam(0.005), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=15, verbose=0)
print(model.evaluate(x_val, y_val, verbose=0))
