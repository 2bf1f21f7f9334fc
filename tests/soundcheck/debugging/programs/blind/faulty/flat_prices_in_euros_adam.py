"""House price regression. The loss is a number with eleven digits and the predicted prices are a few thousand when flats cost
300000. More epochs help a tiny bit but at this speed it takes all week."""
# fault: target_not_normalised
# why: prices in plain euros, outputs start near 0 and small steps of Adam cannot get there (test r2 0.96 without, -7.2 with)
import numpy as np
import keras
from keras.layers import Dense
from keras.models import Sequential
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(2)
gen = np.random.default_rng(2)

size = gen.normal(85, 28, 1000).clip(25, 220)
rooms = np.round(size / 28 + gen.normal(0, 0.6, 1000)).clip(1)
floor = gen.integers(0, 9, 1000)
year = gen.integers(1900, 2023, 1000)
km = gen.gamma(2, 3, 1000)
price = (size * 3600 * np.exp(-0.05 * km) + 9000 * rooms + 2500 * floor
         + 350 * (year - 1960) + gen.normal(0, 15000, 1000))

X = np.column_stack([size, rooms, floor, year, km])
X_train, X_test, y_train, y_test = train_test_split(X, price, test_size=0.2, random_state=2)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
unit = 1.0

# wider_model from the tutorial
def wider_model():
    model = Sequential()
    model.add(Dense(20, input_dim=5, kernel_initializer='normal', activation='relu'))
    model.add(Dense(10, kernel_initializer='normal', activation='relu'))
    model.add(Dense(1, kernel_initializer='normal'))
    model.compile(loss='mean_squared_error', optimizer='adam')
    return model


estimator = wider_model()
estimator.fit(X_train, y_train / unit, epochs=25, batch_size=16, verbose=0)
guess = estimator.predict(X_test, verbose=0)[:, 0] * unit
print("loss %.6g" % estimator.evaluate(X_test, y_test / unit, verbose=0))
print("r2   %.3f" % r2_score(y_test, guess))
for t, g in list(zip(y_test, guess))[:4]:
    print("true %9.0f   predicted %9.0f" % (t, g))
