"""Same kind of MLP works great on MNIST, but on iris I get basically a uniform random guess: every row of predictions is
about the same three numbers. I tried more hidden nodes and normalising X."""
# fault: epochs_too_few or learning_rate_low
# why: 60 steps of plain sgd at 0.01 hardly move a sigmoid net; test accuracy 0.42 so, 0.90 with 1000 epochs, 0.92 with 12 epochs of SGD(1.0, momentum 0.9)
# after: MLP on Iris Data not working but it does fine on MNIST - Keras
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler
from sklearn.utils import shuffle

set_random_seed(5)
iris = load_iris()
X, y = shuffle(iris.data, iris.target, random_state=2)
sc = StandardScaler().fit(X[:100])
Xtr, Xte = sc.transform(X[:100]), sc.transform(X[100:])
Ytr, Yte = to_categorical(y[:100], 3), to_categorical(y[100:], 3)

mlp = Sequential()
mlp.add(Dense(8, input_dim=4))
mlp.add(Activation('sigmoid'))
mlp.add(Dense(3))
mlp.add(Activation('softmax'))
mlp.compile(loss='categorical_crossentropy', optimizer='sgd', metrics=['accuracy'])
mlp.fit(Xtr, Ytr, batch_size=20, epochs=12, verbose=2)

out = mlp.predict(Xte, verbose=0)
for t, p in list(zip(Yte, out))[:6]:
    print('Target:', t, '| Predicted:', p)
print('test accuracy', np.mean(out.argmax(1) == Yte.argmax(1)))
