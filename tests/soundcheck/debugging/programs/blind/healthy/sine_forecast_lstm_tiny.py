"""My first LSTM: learn a noisy sine and forecast one step ahead, then feed the forecasts back in
to draw the next 50 points. Works nicely, posting it for other beginners."""
# healthy
import numpy as np
from tensorflow.keras.layers import LSTM, Dense, Input
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import set_random_seed

set_random_seed(123)

look_back = 20
t = np.linspace(0, 80, 700)
wave = np.sin(t) + np.random.normal(0, 0.05, t.shape)


def create_dataset(data, look_back):
    X, Y = [], []
    for i in range(len(data) - look_back):
        X.append(data[i:i + look_back])
        Y.append(data[i + look_back])
    return np.array(X).reshape(-1, look_back, 1), np.array(Y)


train, test = wave[:500], wave[500:]
trainX, trainY = create_dataset(train, look_back)
testX, testY = create_dataset(test, look_back)

model = Sequential()
model.add(Input(shape=(look_back, 1)))
model.add(LSTM(12))
model.add(Dense(1))
model.compile(loss='mean_squared_error', optimizer=Adam(0.005))
model.fit(trainX, trainY, epochs=20, batch_size=32, verbose=0)

print('Train RMSE: %.3f' % np.sqrt(model.evaluate(trainX, trainY, verbose=0)))
print('Test RMSE: %.3f' % np.sqrt(model.evaluate(testX, testY, verbose=0)))

window = testX[0].copy()
drawn = []
for _ in range(50):
    nxt = model(window[None], training=False).numpy()[0, 0]
    drawn.append(nxt)
    window = np.vstack([window[1:], [[nxt]]])
print('free running rmse', np.sqrt(np.mean((np.array(drawn) - testY[:50]) ** 2)))
