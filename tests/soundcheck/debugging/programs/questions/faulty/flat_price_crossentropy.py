"""Followed a tutorial and changed the csv to my flat prices (in hundred thousands). The loss becomes a negative number
right after the start and the predictions have nothing to do with the prices."""
# fault: loss_function
# why: binary_crossentropy for a price; R2 -0.96 so, 0.98 with mse
# after: Keras/TF Negative Loss Fix (question: huge negative loss when predicting a price)
import numpy as np
import tensorflow as tf
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Dense
from sklearn.preprocessing import StandardScaler
from sklearn.metrics import r2_score

tf.keras.utils.set_random_seed(11)
n = 2000
area = np.random.uniform(25, 180, n)
rooms = np.clip(np.round(area / 28 + np.random.normal(0, 0.6, n)), 1, 7)
floor = np.random.randint(0, 15, n)
metro = np.random.exponential(900, n)
price = 0.3 + area * 0.028 + 0.15 * rooms + 0.02 * floor - 0.0003 * metro + np.random.normal(0, 0.2, n)

X = StandardScaler().fit_transform(np.c_[area, rooms, floor, metro])
model = Sequential()
model.add(Dense(32, input_dim=4, activation='relu'))
model.add(Dense(16, activation='relu'))
model.add(Dense(1))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['mae'])
model.fit(X[:1600], price[:1600], epochs=30, batch_size=32, verbose=2, validation_split=0.1)
pred = model.predict(X[1600:], verbose=0).ravel()
print('predicted', pred[:5], 'real', price[1600:1605])
print('r2', r2_score(price[1600:], pred))
