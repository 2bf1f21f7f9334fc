"""compile raises 'Could not interpret optimizer identifier', what is an identifier?"""
# fault: compile_arguments
# why: compile takes the optimizer first, and is given the loss first.
import numpy as np
from tensorflow.keras import Sequential
from tensorflow.keras.layers import Dense

x = np.linspace(-1, 1, 200).reshape(-1, 1)
y = 3 * x + 1
model = Sequential([Dense(8, activation="relu"), Dense(1)])
model.compile("mse", "adam")
model.fit(x, y, epochs=20, verbose=0)
