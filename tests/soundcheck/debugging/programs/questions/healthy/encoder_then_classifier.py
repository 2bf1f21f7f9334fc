"""Following the tutorial: autoencoder first, then the encoder with a dense classifier, trained twice - once with the encoder layers
not trainable and once with all. I cannot understand why we do this twice."""
# healthy
# after: Convolutional Autoencoder for classification problem
import numpy as np
from keras.models import Model
from keras.layers import Input, Dense
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

set_random_seed(52)
d = load_digits()
Xa, Xb, ya, yb = train_test_split(d.data / 16., to_categorical(d.target), test_size=0.25, random_state=0)

inp = Input(shape=(64,))
e1 = Dense(64, activation='relu')
e2 = Dense(24, activation='relu')
code = e2(e1(inp))
dec = Dense(64, activation='sigmoid')(Dense(64, activation='relu')(code))
ae = Model(inp, dec)
ae.compile(optimizer='adam', loss='mse')
ae.fit(Xa, Xa, epochs=30, batch_size=32, verbose=0)

out = Dense(10, activation='softmax')(Dense(32, activation='relu')(code))
full = Model(inp, out)
e1.trainable = e2.trainable = False
full.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
full.fit(Xa, ya, epochs=20, batch_size=32, verbose=2, validation_split=0.1)
print('head only', full.evaluate(Xb, yb, verbose=0)[1])

e1.trainable = e2.trainable = True
full.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
full.fit(Xa, ya, epochs=15, batch_size=32, verbose=2, validation_split=0.1)
print('all layers', full.evaluate(Xb, yb, verbose=0)[1])
