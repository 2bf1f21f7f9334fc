"""
Regression on images: x and y of a bright dot. I left the metric accuracy away after having read that it makes no sense
here; mae it is. Does the small mse (0.000x) mean vanishing gradients?
"""
# healthy
# after: acc and val_acc does not change when training
import numpy as np
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Flatten, Dense
from keras.callbacks import EarlyStopping, ReduceLROnPlateau

np.random.seed(18)
n, s = 2000, 20
pos = np.random.randint(2, s - 2, (n, 2))
x = np.random.normal(0, 0.1, (n, s, s, 1))
for im, (r, c) in zip(x, pos):
    im[r - 1:r + 2, c - 1:c + 2, 0] += 1
y = pos / (s - 1.0)
model = Sequential()
model.add(Conv2D(16, (3, 3), activation='relu', input_shape=(s, s, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(64, activation='relu'))
model.add(Dense(2, kernel_initializer='normal'))
model.compile(loss='mse', optimizer='adam', metrics=['mae'])
cb = [EarlyStopping(patience=8), ReduceLROnPlateau(factor=0.5, patience=3)]
model.fit(x[:1600], y[:1600], validation_split=0.15, epochs=20, batch_size=32, callbacks=cb, verbose=2)
print(model.evaluate(x[1600:], y[1600:], verbose=0), 'variance', y.var())
