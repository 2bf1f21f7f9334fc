"""3 classes with some hundred samples each. The training acc and val_acc after the first epochs keep 1, and the loss is very low.
No matter how I change the parameters. Can someone help me? It can't be that good, can it?"""
# healthy
# after: acc keeps 1?
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import to_categorical, set_random_seed

set_random_seed(53)
t = np.linspace(0, 1, 40)


def measure(freq, n):
    return np.array([np.sin(2 * np.pi * freq * t + np.random.uniform(-0.5, 0.5)) + np.random.normal(0, 0.2, 40) for _ in range(n)])


dataset = np.vstack((measure(2, 400), measure(3, 450), measure(5, 420)))
label = np.hstack((np.zeros(400), np.ones(450), 2 * np.ones(420)))
rows = np.c_[dataset, label]
np.random.shuffle(rows)
x, y = rows[:, :40], to_categorical(rows[:, 40])

model = Sequential()
model.add(Dense(16, activation='relu', input_shape=(40,)))
model.add(Dense(16, activation='relu'))
model.add(Dense(3, activation='softmax'))
model.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(x[:700], y[:700], epochs=20, batch_size=32, validation_data=(x[700:1000], y[700:1000]), verbose=2)
print('test', model.evaluate(x[1000:], y[1000:], verbose=0))
