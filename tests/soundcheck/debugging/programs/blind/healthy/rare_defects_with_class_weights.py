"""Four percent of the castings have a defect. With class weights and an eye on recall and AUC instead of accuracy
the net is useful to us; many false alarms are fine since a person looks again."""
# healthy
import keras
import numpy as np
from keras import layers, metrics
from sklearn.datasets import make_classification
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight

keras.utils.set_random_seed(40)

X, y = make_classification(n_samples=2500, n_features=14, n_informative=6, n_redundant=3, n_clusters_per_class=1,
                           weights=[0.96], class_sep=1.5, flip_y=0.01, random_state=40)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, test_size=0.3, random_state=1)

weights = compute_class_weight('balanced', classes=np.array([0, 1]), y=y_train)
class_weight = {0: float(weights[0]), 1: float(weights[1])}
print('class weights', class_weight)

model = keras.Sequential(name='defects')
model.add(layers.Input((14,)))
model.add(layers.Dense(32, activation='relu'))
model.add(layers.Dropout(0.3))
model.add(layers.Dense(16, activation='relu'))
model.add(layers.Dense(1, activation='sigmoid'))
model.compile(optimizer=keras.optimizers.Adam(2e-3), loss='binary_crossentropy',
              metrics=[metrics.Recall(name='recall'), metrics.AUC(name='auc')])
model.fit(X_train, y_train, epochs=15, batch_size=64, class_weight=class_weight,
          validation_data=(X_test, y_test), verbose=0)

print(classification_report(y_test, model.predict(X_test, verbose=0)[:, 0] > 0.5))
