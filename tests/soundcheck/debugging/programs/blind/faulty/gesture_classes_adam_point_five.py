"""Five hand gestures from 20 glove readings. The training loss is huge in the first epochs, then sits near 1.1
and the validation accuracy freezes at 0.425. I set the learning rate up to get done faster."""
# fault: learning_rate_high
# why: Adam at 0.5 instead of 0.002 throws the weights away (validation accuracy 0.995 without, 0.425 with)
import numpy as np
import keras
from keras import layers, optimizers
from keras.utils import to_categorical

keras.utils.set_random_seed(17)
rng = np.random.default_rng(17)

CLASSES = 5
poses = rng.normal(0, 1, (CLASSES, 20))
who = rng.integers(0, CLASSES, 1000)
hand_size = rng.normal(1, 0.15, (1000, 1))
readings = poses[who] * hand_size + rng.normal(0, 0.9, (1000, 20))
readings[:, 5] += 0.4 * readings[:, 6] ** 2
readings = (readings - readings.mean(axis=0)) / readings.std(axis=0)
labels = to_categorical(who, CLASSES)


class GestureNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden1 = layers.Dense(64, activation="relu")
        self.hidden2 = layers.Dense(64, activation="relu")
        self.hidden3 = layers.Dense(32, activation="relu")
        self.classify = layers.Dense(CLASSES, activation="softmax")

    def call(self, x):
        return self.classify(self.hidden3(self.hidden2(self.hidden1(x))))


net = GestureNet()
net.compile(optimizer=optimizers.Adam(learning_rate=0.5), loss="categorical_crossentropy", metrics=["accuracy"])
run = net.fit(readings, labels, batch_size=32, epochs=15, validation_split=0.2, verbose=0)

for i in (0, 1, 4, 9, 14):
    print(f"epoch {i + 1:2d}  loss {run.history['loss'][i]:.3f}  val_accuracy {run.history['val_accuracy'][i]:.3f}")
