"""A linear SVM in Keras: labels -1 and 1, hinge loss, L2 on the weights."""
# healthy
import keras
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale

keras.utils.set_random_seed(6)
x, y = load_breast_cancer(return_X_y=True)
x, y = scale(x), 2.0 * y - 1.0
svm = keras.Sequential([keras.Input((30,)), keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(1e-3))])
svm.compile(optimizer=keras.optimizers.SGD(0.01), loss="hinge")
svm.fit(x, y, epochs=25, batch_size=16, verbose=0)
print(np.mean(np.sign(svm.predict(x, verbose=0)[:, 0]) == y))
