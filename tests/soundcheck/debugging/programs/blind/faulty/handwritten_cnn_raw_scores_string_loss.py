"""My CNN on the sklearn digits stops learning, the loss sits at 2.30 and accuracy at 0.3.
I removed nothing important as far as I can tell, the same layers got 98% for a friend."""
# fault: output_activation or loss_function
# why: the last layer is linear while the string loss takes its numbers for probabilities (test accuracy 0.94 without, 0.32 with)
import keras
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(3)

digits = load_digits()
images = digits.images[..., None] / 16.0
x_train, x_test, y_train, y_test = train_test_split(images, digits.target, test_size=0.2, stratify=digits.target, random_state=3)

model = keras.Sequential([
    layers.Input(shape=(8, 8, 1)),
    layers.Conv2D(16, 3, padding='same', activation='relu'),
    layers.MaxPooling2D(),
    layers.Conv2D(32, 3, padding='same', activation='relu'),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(32, activation='relu'),
    layers.Dense(10),
])

model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(x_train, y_train, batch_size=32, epochs=8, validation_split=0.1, verbose=2)

loss, acc = model.evaluate(x_test, y_test, verbose=0)
print(f'test loss {loss:.3f}  test accuracy {acc:.3f}')
