"""A very simple model for a very simple line, y = 2x - 1. Most of the time the loss does not get below a certain value,
even when I change layers, units, epochs or learning rate. Does anyone know the reason?"""
# fault: output_activation
# why: relu output cannot go below 0, half of the targets do; mse 15.3 so, 0.00002 with a linear output
# after: Loss values do not change
import numpy as np
from tensorflow import keras
from tensorflow.keras import Model
from tensorflow.keras.layers import Input, Dense

keras.utils.set_random_seed(17)
x = np.linspace(-4.0, 4.0, 161).reshape(-1, 1)
y = 2 * x - 1

inp = Input(shape=(1,))
h = Dense(24, activation='relu')(inp)
h = Dense(12, activation='relu')(h)
out = Dense(1, activation='relu')(h)
model = Model(inputs=inp, outputs=out)
model.compile(loss=keras.losses.MeanSquaredError(), optimizer=keras.optimizers.Adam(0.003))
hist = model.fit(x, y, epochs=200, verbose=0)
print('loss', hist.history['loss'][0], '->', hist.history['loss'][-1])
print('at -3, 0 and 3:', model.predict(np.array([[-3.0], [0.0], [3.0]]), verbose=0).ravel())
