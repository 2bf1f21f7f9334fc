"""Small batches for a small memory: the optimizer adds up the gradients of four before it makes a step."""

# healthy
import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)
x, y = load_digits(return_X_y=True)
x = x / 16.0
model = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
optimizer = keras.optimizers.Adam(0.002, gradient_accumulation_steps=4)
model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=20, batch_size=16, validation_split=0.2, verbose=0)
print(model.evaluate(x, y, verbose=0))
