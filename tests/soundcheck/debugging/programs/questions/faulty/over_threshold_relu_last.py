"""I am new to machine learning and train a toy model: is the salary above the threshold or not?
The accuracy just sits there at about one half and nothing I change makes a difference."""
# fault: output_activation
# why: a relu where a probability is wanted gets stuck at 0, outside of what the loss can use; accuracy 0.51 so, 0.995 with sigmoid
# after: Why does accuracy remain the same
import random
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed

set_random_seed(3)
limit = 50000
rows = []
for _ in range(1500):
    rows.append([random.randrange(0, limit), random.randint(18, 65), 0])
    rows.append([random.randrange(limit, 2 * limit), random.randint(18, 65), 1])
random.shuffle(rows)
table = np.array(rows, dtype='float32')

salary_age = table[:, :2] / np.array([2 * limit, 65], dtype='float32')
above = table[:, 2]

net = Sequential()
net.add(Dense(6, input_dim=2, activation='relu'))
net.add(Dense(6, activation='relu'))
net.add(Dense(1, activation='relu'))
net.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
net.fit(salary_age[:2400], above[:2400], epochs=25, batch_size=16, verbose=2,
        validation_data=(salary_age[2400:], above[2400:]))
_, acc = net.evaluate(salary_age[2400:], above[2400:], verbose=0)
print('Accuracy: %.2f' % (acc * 100))
