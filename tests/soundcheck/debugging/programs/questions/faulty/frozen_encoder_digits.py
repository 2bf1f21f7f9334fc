"""The mnist example gets a really bad accuracy when I stack my classifier on the encoder and set trainable to false,
as the transfer learning tutorials do. I expected it to be at least as good as without."""
# fault: layer_frozen
# why: the frozen encoder was never trained; test accuracy 0.30 so, 0.93 with trainable layers
# after: The trainable boolean is broken in the functional api
from keras.models import Model, Sequential
from keras.layers import Input, Dense
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

set_random_seed(27)
nb_classes = 10
d = load_digits()
Xa, Xb, ya, yb = train_test_split(d.data / 16., to_categorical(d.target, nb_classes), test_size=0.25, random_state=0)

encoder = Sequential([
    Dense(48, activation='relu', input_shape=(64,)),
    Dense(24, activation='relu'),
    Dense(8, activation='relu'),
], name='encoder')
for layer in encoder.layers:
    layer.trainable = False

inp = Input(shape=(64,))
out = Dense(nb_classes, activation='softmax')(encoder(inp))
model = Model(inp, out)
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(Xa, ya, batch_size=32, epochs=25, verbose=2, validation_split=0.1)
print('test', model.evaluate(Xb, yb, verbose=0))
