"""I changed my iris network as I was told: relu, standardised data, 40 epochs in place of one. Compared with a random forest
(0.89 to 0.97 depending on the split) is it ok now?"""
# healthy
# after: (answer copied at 55276.net, title not shown; random forest and knn against a Keras model on iris)
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import to_categorical, set_random_seed
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

set_random_seed(44)
iris = load_iris()
y = to_categorical(iris.target)
X_train, X_test, y_train, y_test = train_test_split(iris.data, y, test_size=0.3, random_state=42, stratify=iris.target)
sc = StandardScaler()
X_train = sc.fit_transform(X_train)
X_test = sc.transform(X_test)

model = Sequential()
model.add(Dense(150, activation='relu', input_shape=(4,)))
model.add(Dense(150, activation='relu'))
model.add(Dense(3, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X_train, y_train, epochs=40, verbose=0)
score, acc = model.evaluate(X_test, y_test, verbose=0)
print('accuracy', acc)
