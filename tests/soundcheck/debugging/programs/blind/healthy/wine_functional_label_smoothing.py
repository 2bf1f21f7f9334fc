"""Wine cultivars with a Normalization layer inside of the model, so that the saved model takes raw measurements.
Label smoothing because three of the bottles were said to be mislabelled."""
# healthy
import keras
from keras import layers
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(31)

X, y = load_wine(return_X_y=True)
X = X.astype("float32")
y = keras.utils.to_categorical(y, 3)
x_train, x_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=31)

norm = layers.Normalization()
norm.adapt(x_train)

inputs = keras.Input(shape=(13,), name="chemistry")
x = norm(inputs)
x = layers.Dense(24, activation="gelu")(x)
x = layers.Dropout(0.2)(x)
outputs = layers.Dense(3, activation="softmax", name="cultivar")(x)
model = keras.Model(inputs, outputs)

model.compile(
    optimizer=keras.optimizers.AdamW(5e-3, weight_decay=1e-3),
    loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.05),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs=30, batch_size=16, validation_data=(x_test, y_test), verbose=2)
print(model.evaluate(x_test, y_test, return_dict=True, verbose=0))
