"""Regression on the sklearn diabetes data, my accuracy is 0.0000 in all epochs even though the loss goes down nicely.
How do I raise the accuracy?"""
# fault: metric
# why: accuracy compares real numbers for equality, always 0.0; the model itself is fine (test mae 0.58 of a standard deviation when measured)
import keras
from keras.layers import Dense, Input
from keras.models import Model
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(21)

X, y = load_diabetes(return_X_y=True)
y = (y - y.mean()) / y.std()
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=1)
sc = StandardScaler().fit(X_train)

inp = Input(shape=(10,))
x = Dense(16, activation='relu')(inp)
x = Dense(8, activation='relu')(x)
out = Dense(1, activation='linear')(x)
model = Model(inputs=inp, outputs=out)

model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.002), loss='mean_squared_error', metrics=['accuracy'])
model.fit(sc.transform(X_train), y_train, validation_data=(sc.transform(X_test), y_test), epochs=20, batch_size=16, verbose=2)

score = model.evaluate(sc.transform(X_test), y_test, verbose=0)
print('Test loss:', score[0])
print('Test score:', score[1])
