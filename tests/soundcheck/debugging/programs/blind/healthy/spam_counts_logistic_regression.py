"""Spam filter, bag of words and logistic regression in Keras: one Dense unit with a sigmoid. Spam
is 15 % of the mail, so I use class weights and look at recall and AUC."""
# healthy
import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)

n_mails, n_words = 2500, 250
usual = rng.dirichlet(np.full(n_words, 0.5))
spammy = 0.75 * usual + 0.25 * rng.dirichlet(np.full(n_words, 0.05))
is_spam = (rng.random(n_mails) < 0.15).astype('int32')
lengths = rng.poisson(60, n_mails) + 5
counts = np.stack([rng.multinomial(l, spammy if s else usual) for l, s in zip(lengths, is_spam)])
X = np.log1p(counts).astype('float32')

X_train, X_test = X[:2000], X[2000:]
y_train, y_test = is_spam[:2000], is_spam[2000:]

n_pos = y_train.sum()
n_neg = len(y_train) - n_pos
weights = {0: len(y_train) / (2 * n_neg), 1: len(y_train) / (2 * n_pos)}

model = keras.Sequential([
    keras.layers.Input(shape=(n_words,)),
    keras.layers.Dense(1, activation='sigmoid', kernel_regularizer=keras.regularizers.L2(1e-4)),
])
model.compile(optimizer=keras.optimizers.Adam(0.01),
              loss='binary_crossentropy',
              metrics=[keras.metrics.Recall(name='recall'), keras.metrics.AUC(name='auc')])
model.fit(X_train, y_train, epochs=12, batch_size=64, class_weight=weights,
          validation_data=(X_test, y_test), verbose=0)

print(model.evaluate(X_test, y_test, verbose=0, return_dict=True))
top = np.argsort(model.layers[-1].get_weights()[0][:, 0])[-5:]
print('most spammy words:', top)
