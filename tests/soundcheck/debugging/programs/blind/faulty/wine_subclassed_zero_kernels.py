"""My first subclassed model, on the wine data. I wanted reproducible runs so I start from fixed
weights. It always predicts the same class."""
# fault: initialisation
# why: all kernels start at zero, no gradient reaches them; test accuracy 0.39 with the fault, 1.00 without.
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

tf.keras.utils.set_random_seed(4)

data = load_wine()
X_train, X_test, y_train, y_test = train_test_split(
    data.data, data.target, test_size=0.3, random_state=4, stratify=data.target)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)


class WineNet(tf.keras.Model):
    def __init__(self, n_classes):
        super().__init__()
        # same weights at every run
        self.fc1 = tf.keras.layers.Dense(24, activation='relu', kernel_initializer='zeros')
        self.fc2 = tf.keras.layers.Dense(12, activation='relu', kernel_initializer='zeros')
        self.out = tf.keras.layers.Dense(n_classes, activation='softmax', kernel_initializer='zeros')

    def call(self, x):
        return self.out(self.fc2(self.fc1(x)))


model = WineNet(3)
model.compile(optimizer=tf.keras.optimizers.Adam(0.005),
              loss='sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(X_train, y_train, validation_data=(X_test, y_test),
          epochs=25, batch_size=16, verbose=0)

pred = model.predict(X_test, verbose=0).argmax(axis=1)
print('predicted classes:', np.bincount(pred, minlength=3))
print('true classes     :', np.bincount(y_test, minlength=3))
print('test accuracy', (pred == y_test).mean())
