"""
Training and loss not changing in my Keras CNN model. Two kinds of prints, 24x24 pixels. I was afraid of overfitting with
so few pictures, so I took precautions. It now sits at 50 - 60 % from the start
to the end, on the training pictures as well.
"""
# fault: dropout
# why: dropout 0.9 three times: accuracy 0.49-0.60 so, 1.00 with 0.2
# after: Training and loss not changing in Keras CNN model
import numpy as np
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Activation, Dropout, Flatten, Dense

np.random.seed(111)
n, s = 900, 24
y = np.random.randint(0, 2, n)
x = np.random.normal(0.5, 0.2, (n, s, s, 1))
for i in range(n):
    ph = np.random.randint(0, 4)
    stripes = 0.15 * np.sign(np.sin((np.arange(s) + ph) * np.pi / 2 + 0.3))
    x[i, :, :, 0] += stripes[:, None] if y[i] else stripes[None, :]
x = np.clip(x, 0, 1)

model = Sequential()
model.add(Conv2D(16, (3, 3), input_shape=(s, s, 1)))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.9))
model.add(Conv2D(16, (3, 3)))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.9))
model.add(Flatten())
model.add(Dense(32))
model.add(Activation('relu'))
model.add(Dropout(0.9))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(x[:700], y[:700], epochs=15, batch_size=32, validation_data=(x[700:], y[700:]), verbose=2)
print('Test accuracy:', model.evaluate(x[700:], y[700:], verbose=0)[1])
