"""HELP! With fit my model reaches above 95 %, now I wrote the epochs and batches myself with train_on_batch and get a completely
different result, about 10 %. The model, optimizer and data are the same."""
# fault: labels_unrelated
# why: x_train alone is shuffled in each epoch; test accuracy 0.06 so, 0.96 with x and y shuffled together
# after: HELP!!! Why loss changes smoother when using fit_generator compared with that using train_on_batch? And I got completely different results from fit_generator and train_on_batch.
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

set_random_seed(25)
d = load_digits()
x_train, x_test, y_train, y_test = train_test_split(d.data / 16., to_categorical(d.target, 10), test_size=0.2, random_state=0)
batch_size, epochs = 32, 15

model = Sequential()
model.add(Dense(64, activation='relu', input_shape=(64,)))
model.add(Dense(32, activation='relu'))
model.add(Dense(10, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])

for epoch in range(epochs):
    np.random.shuffle(x_train)
    for i in range(len(x_train) // batch_size):
        bx = x_train[i * batch_size:(i + 1) * batch_size]
        by = y_train[i * batch_size:(i + 1) * batch_size]
        loss, acc = model.train_on_batch(bx, by)
    print('epoch', epoch + 1, 'loss', float(loss), 'acc', float(acc))
print('Test loss and accuracy:', model.evaluate(x_test, y_test, verbose=0))
