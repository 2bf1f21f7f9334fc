"""Multinomial logistic regression done in keras so that I can compare the coefficients with scikit-learn's.
No hidden layer on purpose."""
# healthy
import keras
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(1)

data, species = load_iris(return_X_y=True)
data = (data - data.mean(0)) / data.std(0)
tr_x, te_x, tr_y, te_y = train_test_split(data, species, test_size=0.3, random_state=1, stratify=species)

lr = keras.Sequential([
    keras.Input(shape=(4,)),
    keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L2(1e-3)),
])
lr.compile(
    optimizer=keras.optimizers.SGD(learning_rate=1.0),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)
lr.fit(tr_x, tr_y, batch_size=len(tr_x), epochs=60, verbose=0)

sk = LogisticRegression(C=5).fit(tr_x, tr_y)
print("keras  ", lr.evaluate(te_x, te_y, verbose=0)[1])
print("sklearn", sk.score(te_x, te_y))
print(np.round(lr.get_weights()[0].T, 2))
print(np.round(sk.coef_, 2))
