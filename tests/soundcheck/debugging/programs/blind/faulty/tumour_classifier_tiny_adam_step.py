"""Breast cancer data set with a plain two layer net. Read that small learning rates are safer, so I took 1e-6.
After 25 epochs the loss is still about where it began and it is no better than guessing."""
# fault: learning_rate_low
# why: Adam at 1e-6 instead of 1e-3 moves next to nothing in 25 epochs (test accuracy 0.97 without, 0.64 with)
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import set_random_seed

set_random_seed(12)

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=12, stratify=y)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)

classifier = Sequential()
classifier.add(Dense(units=16, kernel_initializer='glorot_uniform', activation='relu', input_dim=30))
classifier.add(Dense(units=8, kernel_initializer='glorot_uniform', activation='relu'))
classifier.add(Dense(units=1, kernel_initializer='glorot_uniform', activation='sigmoid'))
classifier.compile(optimizer=Adam(learning_rate=1e-6), loss='binary_crossentropy', metrics=['accuracy'])
history = classifier.fit(X_train, y_train, batch_size=32, epochs=25, verbose=0, validation_data=(X_test, y_test))

print('loss    first', history.history['loss'][0], 'last', history.history['loss'][-1])
print('val_acc first', history.history['val_accuracy'][0], 'last', history.history['val_accuracy'][-1])
