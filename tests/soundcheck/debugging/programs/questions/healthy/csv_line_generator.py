"""Training with a generator which reads image rows of a csv and starts again at the end of the file. The validation accuracy jumps
up and down a bit between the epochs. Is my generator broken?"""
# healthy
# after: How to use Keras fit and fit_generator (a hands-on tutorial)
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.utils import set_random_seed
from sklearn.datasets import load_digits
from sklearn.preprocessing import LabelBinarizer

set_random_seed(51)
d = load_digits()
mix = np.random.permutation(len(d.target))
csv_lines = [','.join([str(d.target[i])] + ['%d' % v for v in d.data[i]]) for i in mix]
train_lines, test_lines = csv_lines[:1400], csv_lines[1400:]
lb = LabelBinarizer().fit(list(range(10)))


def csv_image_generator(lines, bs):
    pos = 0
    while True:
        images, labels = [], []
        while len(images) < bs:
            if pos >= len(lines):
                pos = 0
            cells = lines[pos].split(',')
            pos += 1
            labels.append(int(cells[0]))
            images.append([int(v) / 16. for v in cells[1:]])
        yield np.array(images, dtype='float32'), lb.transform(labels)


model = Sequential()
model.add(Dense(80, activation='relu', input_shape=(64,)))
model.add(Dropout(0.2))
model.add(Dense(10, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(csv_image_generator(train_lines, 40), steps_per_epoch=1400 // 40, epochs=20, verbose=2,
          validation_data=csv_image_generator(test_lines, 40), validation_steps=len(test_lines) // 40)
xt, yt = next(csv_image_generator(test_lines, len(test_lines)))
print('test', model.evaluate(xt, yt, verbose=0))
