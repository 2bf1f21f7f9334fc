"""Loss is nan from the very first epoch, I already lowered the learning rate and clipped the gradients."""
# fault: non_finite_data
# why: a sensor was off for some rows and pandas read those as NaN.

import numpy as np
import pandas as pd
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam

rng = np.random.default_rng(0)
table = pd.DataFrame(rng.normal(size=(400, 5)), columns=["t", "p", "h", "wind", "rain"])
table["power"] = table["t"] * 0.5 - table["wind"] + rng.normal(scale=0.1, size=400)
table.loc[rng.choice(400, 25, replace=False), "h"] = np.nan

features = table.drop(columns="power")
features = (features - features.mean()) / features.std()

model = Sequential([Dense(16, activation="relu", input_shape=(5,)), Dense(8, activation="relu"), Dense(1)])
model.compile(optimizer=Adam(learning_rate=1e-4, clipnorm=1.0), loss="mean_squared_error")
model.fit(features.values, table["power"].values, epochs=5, batch_size=32, verbose=0)
print(model.predict(features.values[:4], verbose=0))
