"""Training looks fine (97 % accuracy) but for the validation patients the network always produces the same prediction.
It should have different outputs for different inputs."""
# fault: distribution_shift
# why: training rows are scaled, validation rows are not; validation accuracy 0.37 so, 0.98 with the same scaler
# after: Always produce same prediction.
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

set_random_seed(24)
bc = load_breast_cancer()
X_train, X_val, y_train, y_val = train_test_split(bc.data, bc.target, test_size=0.3, random_state=42)
X_train = MinMaxScaler().fit_transform(X_train)

model = Sequential()
model.add(Dense(16, activation='relu', input_shape=(30,)))
model.add(Dense(8, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
model.fit(X_train, y_train, epochs=40, batch_size=16, verbose=2, validation_data=(X_val, y_val))
print('predictions', np.round(model.predict(X_val, verbose=0)[:12].ravel(), 3))
print('validation accuracy', model.evaluate(X_val, y_val, verbose=0)[1])
