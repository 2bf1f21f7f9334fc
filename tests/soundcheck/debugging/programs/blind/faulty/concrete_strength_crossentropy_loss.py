"""Predicting the strength of concrete from the recipe. Scaled the inputs, tried more layers,
but the predictions are way off and r2 is terrible, a random forest does this in one line."""
# fault: loss_function
# why: binary crossentropy for a real-valued target that goes above 1 (test r2 0.95 without (mse), -1.51 with)
import numpy as np
import pandas as pd
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from keras.models import Sequential
from keras.layers import Dense, Input
import keras

keras.utils.set_random_seed(1)
np.random.seed(1)

N = 900
df = pd.DataFrame({
    'cement': np.random.uniform(100, 540, N),
    'slag': np.random.exponential(70, N),
    'water': np.random.normal(182, 20, N),
    'plasticizer': np.random.uniform(0, 14, N),
    'age_days': np.random.choice([3, 7, 14, 28, 56, 90], N),
})
df['strength'] = (0.09 * df.cement + 0.06 * df.slag - 0.18 * df.water + 0.7 * df.plasticizer
                  + 9 * np.log(df.age_days) + 15 + np.random.normal(0, 4, N))
df['strength'] /= 10  # MPa -> kN/cm2

X = df.drop(columns='strength').values
y = df[['strength']].values

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
sx = StandardScaler()
X_train, X_test = sx.fit_transform(X_train), sx.transform(X_test)

model = Sequential()
model.add(Input(shape=(5,)))
model.add(Dense(32, activation='relu'))
model.add(Dense(16, activation='relu'))
model.add(Dense(1))
model.compile(optimizer=keras.optimizers.Adam(0.005), loss='binary_crossentropy', metrics=['mae'])
model.fit(X_train, y_train, epochs=30, batch_size=32, validation_split=0.1, verbose=0)

pred = model.predict(X_test, verbose=0)
print('R2 on test:', r2_score(y_test, pred))
print(np.c_[y_test[:5], pred[:5]].round(2))
