"""Beginner with deep learning. One hidden layer on handwritten digits, adam, crossentropy. The loss goes to large negative
numbers and accuracy is about 10 percent, which is just guessing. Should it be so low?"""
# fault: output_units or loss_function
# why: one sigmoid unit and binary crossentropy for ten classes; test accuracy 0.10 so, 0.95 with Dense(10, softmax) and sparse_categorical_crossentropy
# after: Too low accuracy on MNIST dataset using a neural network
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

set_random_seed(7)
input_nodes = 64
hidden_nodes = 64
output_nodes = 1

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(digits.data / 16.0, digits.target, test_size=0.25, random_state=0)

model = Sequential()
model.add(Dense(hidden_nodes, activation='relu', input_shape=(input_nodes,)))
model.add(Dense(output_nodes, activation='sigmoid'))
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, validation_split=0.33, epochs=20, verbose=2)
print('test', model.evaluate(X_test, y_test, verbose=0))
