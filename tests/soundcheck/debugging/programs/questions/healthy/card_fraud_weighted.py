"""Rare positives (4 %). With class weights the accuracy is worse than "always no", but it finds most of the frauds.
Am I doing it right or is 85 % accuracy a bad sign?"""
# healthy
# after: Classification on imbalanced data
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.metrics import AUC, Recall
from keras.utils import set_random_seed
from sklearn.model_selection import train_test_split

set_random_seed(47)
rng = np.random.RandomState(47)
n = 8000
y = (rng.rand(n) < 0.04).astype(int)
X = rng.normal(size=(n, 12))
X[y == 1, :4] += 1.0
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
neg, pos = np.bincount(ya)
weight = {0: len(ya) / (2. * neg), 1: len(ya) / (2. * pos)}

model = Sequential()
model.add(Dense(16, activation='relu', input_dim=12))
model.add(Dropout(0.3))
model.add(Dense(1, activation='sigmoid'))
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy', AUC(name='auc'), Recall(name='recall')])
model.fit(Xa, ya, batch_size=256, epochs=30, validation_split=0.2, class_weight=weight, verbose=2)
print(dict(zip(['loss', 'accuracy', 'auc', 'recall'], model.evaluate(Xb, yb, verbose=0))))
