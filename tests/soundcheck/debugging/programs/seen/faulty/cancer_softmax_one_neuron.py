"""Binary classification of tumours. Accuracy is the same in every epoch, whatever layers I add."""
# fault: output_activation
# why: a softmax over one unit is 1 for every row, so that every tumour is predicted as class 1.
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tensorflow.keras.layers import Dense, Dropout
from tensorflow.keras.models import Sequential

data = load_breast_cancer()
x = StandardScaler().fit_transform(data.data)
x_train, x_test, y_train, y_test = train_test_split(x, data.target, test_size=0.2, random_state=42)

model = Sequential([
    Dense(30, activation="relu"),
    Dropout(0.2),
    Dense(15, activation="relu"),
    Dense(1, activation="softmax"),
])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=15, batch_size=32, verbose=0)
print(history.history["accuracy"][-3:])
