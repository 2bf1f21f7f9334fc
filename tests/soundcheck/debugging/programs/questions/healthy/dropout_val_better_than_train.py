"""
My validation accuracy is higher and the loss lower than on the training data, in every epoch. This cannot
be right, can it? I checked that the two sets do not overlap.
"""
# healthy
# after: Higher validation accuracy, than training accuracy using Tensorflow and Keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.utils import to_categorical

np.random.seed(5)
d = load_digits()
x_tr, x_va, y_tr, y_va = train_test_split(d.data / 16.0, to_categorical(d.target), test_size=0.3, random_state=5)
model = Sequential()
model.add(Dense(256, input_dim=64, kernel_initializer='normal', activation='relu'))
model.add(Dropout(0.5))
model.add(Dense(128, kernel_initializer='normal', activation='relu'))
model.add(Dropout(0.5))
model.add(Dense(10, kernel_initializer='normal', activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adamax', metrics=['accuracy'])
h = model.fit(x_tr, y_tr, validation_data=(x_va, y_va), epochs=30, batch_size=16, verbose=2)
print('train', h.history['accuracy'][-1], 'val', h.history['val_accuracy'][-1])
