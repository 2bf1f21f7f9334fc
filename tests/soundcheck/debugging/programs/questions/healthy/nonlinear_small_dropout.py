"""Non-linear regression, mean absolute error, dropout of 0.05. With it the validation curve is under the training curve.
Which should be called a good fit?"""
# healthy
# after: Validation loss when using Dropout
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.callbacks import EarlyStopping
from keras.utils import set_random_seed
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler
from sklearn.metrics import r2_score

set_random_seed(49)
X, y = make_friedman1(n_samples=2500, n_features=6, noise=1.0, random_state=3)
X = StandardScaler().fit_transform(X)
y = StandardScaler().fit_transform(y.reshape(-1, 1)).ravel()

model = Sequential()
model.add(Dense(64, input_dim=6, kernel_initializer='normal', activation='relu'))
model.add(Dropout(0.05))
model.add(Dense(32, kernel_initializer='normal', activation='relu'))
model.add(Dense(1, kernel_initializer='normal'))
model.compile(loss='mean_absolute_error', optimizer='adam')
es = EarlyStopping(monitor='val_loss', patience=15, restore_best_weights=True)
h = model.fit(X[:2000], y[:2000], validation_split=0.2, epochs=100, batch_size=32, verbose=0, callbacks=[es])
print('mae', h.history['loss'][-1], 'val mae', min(h.history['val_loss']), 'test r2', r2_score(y[2000:], model.predict(X[2000:], verbose=0)))
