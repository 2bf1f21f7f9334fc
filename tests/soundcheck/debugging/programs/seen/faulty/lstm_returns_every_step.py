"""One number from a series: the LSTM trains, but predict gives me 12 values for each row instead of one."""
# fault: layer_misuse
# why: return_sequences=True in the last LSTM gives an answer for each step, broadcast against one target.
import numpy as np
from tensorflow.keras.layers import LSTM, Dense
from tensorflow.keras.models import Sequential

rng = np.random.default_rng(8)
series = rng.normal(size=(300, 12, 1)).astype("float32")
target = series[:, :6, 0].mean(axis=1) - series[:, 6:, 0].mean(axis=1)

model = Sequential()
model.add(LSTM(16, return_sequences=True, input_shape=(12, 1)))
model.add(Dense(1))
model.compile(optimizer="adam", loss="mse")
model.fit(series, target, epochs=8, batch_size=32, verbose=0)
print(model.predict(series[:2], verbose=0).shape)
