"""Trying to reproduce the XOR example from the Deep Learning book with a few thousand noisy points.
Three layers, plenty of units, but loss stays at 0.69 and every prediction is about 0.5. What am I missing?"""
# fault: hidden_activation
# why: Dense layers without activation are one linear layer, which cannot do XOR; test accuracy 0.40 (loss 0.693) so, 1.00 with relu
# after: XOR with Neural Network
import numpy as np
import keras
from keras.models import Sequential
from keras.layers import Dense

keras.utils.set_random_seed(0)
bits = np.random.randint(0, 2, size=(4000, 2))
target = bits[:, 0] ^ bits[:, 1]
pts = bits + np.random.normal(0, 0.08, size=bits.shape)

x_train, x_test = pts[:3000], pts[3000:]
y_train, y_test = target[:3000], target[3000:]

model = Sequential([
    Dense(32, input_shape=(2,)),
    Dense(16),
    Dense(1, activation='sigmoid'),
])
model.compile(optimizer=keras.optimizers.Adam(0.005), loss='binary_crossentropy', metrics=['accuracy'])
model.fit(x_train, y_train, epochs=20, batch_size=64, verbose=2)
print('test loss, test acc:', model.evaluate(x_test, y_test, verbose=0))
print(model.predict(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), verbose=0))
