"""
My CNN converges to the same value whatever the input is. I load the pictures as they come
from the PNG files, one-hot the labels and train, but accuracy stays at chance and predict()
gives the same vector for all images. More layers or more epochs do not help.
"""
# fault: input_not_normalised
# why: pixels 0..255 at a step of 0.05: accuracy 0.10 so, 0.93 with pixels / 255
# after: CNN Keras converges to the same value regardless of input
import numpy as np
from sklearn.datasets import load_digits
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Flatten, Dense
from keras.optimizers import SGD
from keras.utils import to_categorical

np.random.seed(1)
data = load_digits()
x = np.kron(data.images, np.ones((2, 2)))
x = (x * 255.0 / 16.0).astype('uint8').reshape(-1, 16, 16, 1)
y = to_categorical(data.target, 10)
x_train, y_train = x[:1400].astype('float32'), y[:1400]
x_test, y_test = x[1400:].astype('float32'), y[1400:]

model = Sequential()
model.add(Conv2D(16, (3, 3), activation='relu', input_shape=(16, 16, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(32, (3, 3), activation='relu'))
model.add(Flatten())
model.add(Dense(64, activation='relu'))
model.add(Dense(10, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer=SGD(learning_rate=0.05, momentum=0.9), metrics=['accuracy'])
model.fit(x_train, y_train, batch_size=32, epochs=12, verbose=2, validation_data=(x_test, y_test))
print(model.predict(x_test[:3], verbose=0).round(3))
print('accuracy', model.evaluate(x_test, y_test, verbose=0)[1])
