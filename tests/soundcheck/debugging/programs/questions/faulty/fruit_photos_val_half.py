"""
Validation accuracy is stuck whereas training accuracy is improving up to 100 %. I already put in
dropout, reduced the net and stopped early, the gap stays. Two kinds of pictures,
train and validation come from the same folder. Overfitting?
"""
# fault: distribution_shift
# why: only the training part is standardised: validation accuracy 0.46-0.78, val_loss 18-151 so, 1.00 and 0.0001 with both scaled
# after: Validation accuracy of deep learning model is stuck at 0.5 whereas training accuracy is improving
import numpy as np
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Flatten, Dense, Dropout

rng = np.random.RandomState(8)
n, s = 1000, 24
label = rng.randint(0, 2, n)
photos = rng.randint(90, 160, (n, s, s, 3)).astype('float32')
yy, xx = np.mgrid[0:s, 0:s]
for i in range(n):
    cy, cx, r = rng.randint(8, 16), rng.randint(8, 16), rng.randint(4, 7)
    disk = (yy - cy) ** 2 + (xx - cx) ** 2 <= r * r
    tint = np.array([35, -25, -10]) if label[i] else np.array([-10, 30, -25])
    photos[i][disk] += tint
photos = np.clip(photos, 0, 255)

train_x, train_y = photos[:800], label[:800]
val_x, val_y = photos[800:], label[800:]
train_mean, train_std = train_x.mean(), train_x.std()
train_x = (train_x - train_mean) / train_std

model = Sequential()
model.add(Conv2D(16, 3, activation='relu', input_shape=(s, s, 3)))
model.add(MaxPooling2D(2))
model.add(Conv2D(16, 3, activation='relu'))
model.add(MaxPooling2D(2))
model.add(Flatten())
model.add(Dropout(0.5))
model.add(Dense(32, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
h = model.fit(train_x, train_y, batch_size=32, epochs=8, validation_data=(val_x, val_y), verbose=2)
print('last: train', h.history['accuracy'][-1], 'val', h.history['val_accuracy'][-1])
