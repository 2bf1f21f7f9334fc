"""Reading digits row by row with an LSTM: eight steps with eight pixels each."""
# healthy

from sklearn.datasets import load_digits
from tensorflow.keras import Input, Sequential, utils
from tensorflow.keras.layers import LSTM, Dense
from tensorflow.keras.optimizers import RMSprop

images, labels = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8) / 16
utils.set_random_seed(4)
model = Sequential([Input((8, 8)), LSTM(32), Dense(10, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(0.005), metrics=["accuracy"])
model.fit(images, labels, epochs=10, batch_size=64, validation_split=0.1, verbose=0)
print(model.evaluate(images, labels, verbose=0))
