"""Predicting an income class (3 groups) from self reported attributes. We're getting rather odd results: the validation accuracy is
better and the validation loss lower than in training, for all sizes of the hidden layer. Is that wrong?"""
# healthy
# after: Higher validation accuracy, than training accurracy using Tensorflow and Keras
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras import regularizers
from keras.utils import to_categorical, set_random_seed

set_random_seed(40)
rng = np.random.RandomState(40)
attr = (rng.rand(3000, 40) < 0.3).astype('float32')
score = attr @ rng.normal(0, 1, 40) + rng.normal(0, 0.5, 3000)
group = np.digitize(score, np.quantile(score, [1 / 3, 2 / 3]))
Y = to_categorical(group, 3)

model = Sequential()
model.add(Dense(100, input_dim=40, kernel_initializer='normal', activation='relu', kernel_regularizer=regularizers.l2(0.0005)))
model.add(Dropout(0.5))
model.add(Dense(3, kernel_initializer='normal', activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adamax', metrics=['accuracy'])
hist = model.fit(attr, Y, validation_split=0.3, epochs=30, batch_size=20, verbose=2)
print('acc', hist.history['accuracy'][-1], 'val_acc', hist.history['val_accuracy'][-1])
