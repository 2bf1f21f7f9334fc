"""
Ground truth made with MultiLabelBinarizer, 11 tags, every post has several. No error, the loss goes
down and the ranking of the tags looks sensible, but at a threshold of 0.5 hardly any post
receives a tag at all. How does keras handle this? Train longer?
"""
# fault: output_activation or loss_function
# why: softmax makes the 3 tags of a post share 1.0: micro F1 0.00 at threshold 0.5 so, 0.98 with sigmoid and binary_crossentropy
# after: How does Keras handle multilabel classification?
import numpy as np
from sklearn.preprocessing import MultiLabelBinarizer, StandardScaler
from sklearn.metrics import f1_score
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.optimizers import SGD

rng = np.random.RandomState(2)
n, words, n_tags = 2500, 120, 11
topic = rng.normal(0, 1, (n_tags, words))
tags, rows = [], []
for _ in range(n):
    mine = rng.choice(n_tags, rng.randint(2, 5), replace=False)
    tags.append(mine.tolist())
    rows.append(topic[mine].sum(0) + rng.normal(0, 2.0, words))
X = StandardScaler().fit_transform(np.array(rows))
Y = MultiLabelBinarizer().fit_transform(tags).astype('float32')
X_train, X_test, y_train, y_test = X[:2000], X[2000:], Y[:2000], Y[2000:]

model = Sequential()
model.add(Dense(200, activation='relu', input_dim=X_train.shape[1]))
model.add(Dropout(0.1))
model.add(Dense(60, activation='relu'))
model.add(Dropout(0.1))
model.add(Dense(y_train.shape[1], activation='softmax'))
sgd = SGD(learning_rate=0.02, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer=sgd, metrics=['accuracy'])
model.fit(X_train, y_train, epochs=30, batch_size=50, verbose=0)

preds = (model.predict(X_test, verbose=0) >= 0.5).astype(int)
print('micro F1', f1_score(y_test, preds, average='micro'), 'tags per post', preds.sum(1).mean(), 'true', y_test.sum(1).mean())
