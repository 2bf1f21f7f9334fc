"""I follow the well known first neural network tutorial with my clinic's own table (8 columns, last one diabetes yes/no).
Accuracy is exactly the same number in every epoch, whatever layers I use. What am I doing wrong?"""
# fault: output_activation
# why: softmax on one unit is always 1.0, so everybody is predicted ill (accuracy 0.80 without the fault, 0.36 with it)
import numpy as np
import keras
from keras.models import Sequential
from keras.layers import Dense

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)

# pregnancies, glucose, pressure, skin, insulin, bmi, pedigree, age
n = 500
preg = rng.poisson(3.5, n)
glucose = rng.normal(120, 30, n)
pressure = rng.normal(70, 12, n)
skin = rng.normal(28, 9, n)
insulin = rng.gamma(2.0, 60, n)
bmi = rng.normal(32, 7, n)
pedigree = rng.gamma(2.2, 0.22, n)
age = 21 + rng.gamma(1.6, 8, n)
risk = 0.045 * (glucose - 120) + 0.11 * (bmi - 32) + 0.04 * (age - 33) + 1.1 * (pedigree - 0.5) + 0.1 * (preg - 3.5) - 0.9
outcome = (risk + rng.logistic(0, 0.7, n) > 0).astype(int)
dataset = np.column_stack([preg, glucose, pressure, skin, insulin, bmi, pedigree, age, outcome])

# split into input (X) and output (Y) variables
X = dataset[:, 0:8]
Y = dataset[:, 8]
X = (X - X.mean(axis=0)) / X.std(axis=0)

# create model
model = Sequential()
model.add(Dense(12, input_dim=8, activation='relu'))
model.add(Dense(8, activation='relu'))
model.add(Dense(1, activation='softmax'))

# Compile model
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])

# Fit the model
model.fit(X, Y, epochs=25, batch_size=16, validation_split=0.2, verbose=0)

# evaluate the model
scores = model.evaluate(X, Y, verbose=0)
print("\naccuracy: %.2f%%" % (scores[1] * 100))
