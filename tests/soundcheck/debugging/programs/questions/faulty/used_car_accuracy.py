"""Hard time training a model for regression (used car prices in thousand euro). acc is 0.0000 in every epoch so I added early
stopping on it, it stops almost at once and the predictions are bad. With a linear regression I get R2 above 0.8."""
# fault: metric
# why: accuracy says nothing in regression and here stops the training after 5 epochs; R2 -1.30 so, 0.98 with mae as metric and monitor
# after: Hard time to train keras model for regression
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.callbacks import EarlyStopping
from keras.optimizers import Adam
from keras.utils import set_random_seed
from sklearn.preprocessing import StandardScaler
from sklearn.metrics import r2_score

set_random_seed(13)
n = 1200
age = np.random.uniform(0, 15, n)
km = age * 13 + np.random.normal(0, 25, n)
hp = np.random.normal(110, 30, n)
price = 24 * np.exp(-0.12 * age) * (hp / 110) - 0.01 * km + np.random.normal(0, 0.8, n)
X = StandardScaler().fit_transform(np.c_[age, km, hp])

model = Sequential()
model.add(Dense(32, input_dim=3, kernel_initializer='normal'))
model.add(Activation('relu'))
model.add(Dense(16, kernel_initializer='normal'))
model.add(Activation('relu'))
model.add(Dense(1, kernel_initializer='normal'))
model.compile(loss='mean_squared_error', optimizer=Adam(learning_rate=0.001), metrics=['accuracy'])
stop = EarlyStopping(monitor='val_accuracy', patience=4, mode='max')
hist = model.fit(X[:900], price[:900], epochs=200, batch_size=32, validation_split=0.2, callbacks=[stop], verbose=2)
pred = model.predict(X[900:], verbose=0).ravel()
print('epochs run', len(hist.history['loss']), 'R2', r2_score(price[900:], pred))
