"""Full batch gradient descent with momentum on the breast cancer table, as in the lecture notes,
with early stopping on a validation part."""
# healthy
import tensorflow as tf
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

tf.keras.utils.set_random_seed(77)

X, y = load_breast_cancer(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, test_size=0.2, random_state=0, stratify=y_rest)

scaler = StandardScaler().fit(X_train)
X_train, X_val, X_test = map(scaler.transform, (X_train, X_val, X_test))

model = tf.keras.Sequential([
    tf.keras.Input((30,)),
    tf.keras.layers.Dense(12, activation='tanh'),
    tf.keras.layers.Dense(1, activation='sigmoid'),
])
model.compile(
    optimizer=tf.keras.optimizers.SGD(0.2, momentum=0.9, nesterov=True),
    loss='binary_crossentropy',
    metrics=['accuracy', tf.keras.metrics.AUC(name='auc')],
)
stop = tf.keras.callbacks.EarlyStopping(monitor='val_loss', patience=6, restore_best_weights=True)
h = model.fit(X_train, y_train, batch_size=X_train.shape[0], epochs=60,
              validation_data=(X_val, y_val), callbacks=[stop], verbose=0)

print('stopped after', len(h.history['loss']), 'epochs')
print('test', model.evaluate(X_test, y_test, verbose=0))
print('auc by sklearn', roc_auc_score(y_test, model.predict(X_test, verbose=0)))
