"""Kaggle beginner here, Titanic style competition from our course. Loss is 0.0000e+00 from the very first epoch
but accuracy stays at 0.63, the share of the drowned. How can the loss be zero with such accuracy?"""
# fault: loss_function
# why: categorical crossentropy on one sigmoid unit is always zero, gradient only rounding noise that drifts to the majority class (accuracy 0.79 without, 0.63 with)
import numpy as np
import pandas as pd
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Dense, Dropout
from tensorflow.keras.utils import set_random_seed

set_random_seed(42)
rng = np.random.default_rng(42)

n = 891
train = pd.DataFrame({
    "Pclass": rng.choice([1, 2, 3], n, p=[0.24, 0.21, 0.55]),
    "Sex": rng.choice(["male", "female"], n, p=[0.65, 0.35]),
    "Age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(30, 14, n).clip(1, 78)),
    "SibSp": rng.poisson(0.5, n),
})
train["Fare"] = rng.gamma(2, 8, n) * (4 - train.Pclass) ** 1.3
chance = 2.7 * (train.Sex == "female") - 0.95 * (train.Pclass - 2) - 0.03 * (train.Age.fillna(30) - 30) - 1.4
train["Survived"] = (rng.random(n) < 1 / (1 + np.exp(-chance))).astype(int)

# fill the holes, make numbers
train["Age"] = train["Age"].fillna(train["Age"].median())
train["Sex"] = train["Sex"].map({"male": 0, "female": 1})
train = pd.get_dummies(train, columns=["Pclass"], dtype=int)
y = train.pop("Survived").to_numpy()
X = ((train - train.mean()) / train.std()).to_numpy()

model = Sequential()
model.add(Dense(16, activation="relu", input_shape=(X.shape[1],)))
model.add(Dropout(0.1))
model.add(Dense(8, activation="relu"))
model.add(Dense(1, activation="sigmoid"))

model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(X, y, epochs=25, batch_size=32, validation_split=0.2, verbose=0)

for e in range(0, 25, 6):
    print(e, "loss %.4f  acc %.4f  val_acc %.4f" % (history.history["loss"][e], history.history["accuracy"][e],
                                                    history.history["val_accuracy"][e]))
print("final train acc", model.evaluate(X, y, verbose=0)[1])
