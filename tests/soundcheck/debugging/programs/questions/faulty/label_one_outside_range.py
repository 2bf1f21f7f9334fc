"""Simple classifier with two classes 0 and 1. I keep getting the message that a label value of 1 is outside the valid range of [0, 1)
which does not make any sense to me."""
# fault: output_units or output_activation
# why: one output unit for two classes with the sparse loss; error so, accuracy 0.98 with Dense(2, softmax)
# after: Received a label value of 1 which is outside the valid range of [0, 1) - Python, Keras
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

set_random_seed(8)
bc = load_breast_cancer()
training_data = StandardScaler().fit_transform(bc.data)

model = Sequential()
model.add(Dense(128, kernel_initializer='glorot_uniform', activation='relu', input_shape=(30,)))
model.add(Dense(64, activation='relu'))
model.add(Dense(1, activation='softmax'))
model.compile(loss='sparse_categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(training_data[:400], bc.target[:400], validation_data=(training_data[400:], bc.target[400:]),
          epochs=10, batch_size=8, verbose=2)
scores = model.evaluate(training_data[400:], bc.target[400:], verbose=0)
print('Baseline Error: %.2f%%' % (100 - scores[1] * 100))
