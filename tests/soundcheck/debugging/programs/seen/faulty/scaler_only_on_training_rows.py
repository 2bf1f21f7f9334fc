"""val_loss explodes (in the hundreds) while the training loss falls nicely. Is that overfitting?"""
# fault: distribution_shift
# why: only the training rows go through the scaler.

import keras
from keras import layers, regularizers
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

x, y = load_wine(return_X_y=True)
x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.3, random_state=0)
scaler = StandardScaler()
x_train = scaler.fit_transform(x_train)

keras.utils.set_random_seed(0)
model = keras.Sequential(
    [
        layers.Input((13,)),
        layers.Dense(24, activation="relu", kernel_regularizer=regularizers.l2(1e-4)),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=40, batch_size=16, validation_data=(x_val, y_val), verbose=0)
print(model.evaluate(x_val, y_val, verbose=0))
