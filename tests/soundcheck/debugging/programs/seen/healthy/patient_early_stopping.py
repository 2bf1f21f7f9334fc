"""Early stopping with a patience of 20 epochs, which puts the best weights back; the curve's tail is bad."""

# healthy
import keras
from sklearn.datasets import make_classification

keras.utils.set_random_seed(1)
x, y = make_classification(900, 30, n_informative=6, flip_y=0.3, random_state=0, class_sep=1.0)
x = (x - x.mean(0)) / x.std(0)
model = keras.Sequential(
    [
        keras.Input((30,)),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=20, restore_best_weights=True)
held = (x[600:], y[600:])
model.fit(x[:600], y[:600], epochs=200, batch_size=16, validation_data=held, callbacks=[stop], verbose=0)
