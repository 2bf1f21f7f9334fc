"""Old hand's tabular net: subclassed model with pre-norm residual blocks, AdamW and a cosine
schedule with warm-up, targets already of unit scale."""
# healthy
import keras
import numpy as np
from keras import layers


class Residual(layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.norm = layers.LayerNormalization()
        self.up = layers.Dense(2 * width, activation="gelu")
        self.down = layers.Dense(width)

    def build(self, shape):
        self.norm.build(shape)
        self.up.build(shape)
        self.down.build(tuple(shape[:-1]) + (self.up.units,))

    def call(self, x):
        return x + self.down(self.up(self.norm(x)))


class TabNet(keras.Model):
    def __init__(self, width=32, depth=2):
        super().__init__()
        self.stem = layers.Dense(width)
        self.blocks = [Residual(width) for _ in range(depth)]
        self.norm = layers.LayerNormalization()
        self.head = layers.Dense(1)

    def call(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


keras.utils.set_random_seed(2024)
rng = np.random.default_rng(2024)
X = rng.normal(size=(2600, 9)).astype("float32")
y = np.sin(1.5 * X[:, 0]) + 0.7 * X[:, 1] * X[:, 2] + 0.5 * np.abs(X[:, 3]) - 0.3 * X[:, 4]
y = (y + rng.normal(0, 0.15, len(y))).astype("float32")[:, None]
X_train, y_train, X_val, y_val = X[:2000], y[:2000], X[2000:], y[2000:]

EPOCHS, BATCH = 12, 50
steps = EPOCHS * int(np.ceil(len(X_train) / BATCH))
schedule = keras.optimizers.schedules.CosineDecay(
    1e-4, steps - steps // 10, warmup_target=8e-3, warmup_steps=steps // 10)

model = TabNet()
model.compile(optimizer=keras.optimizers.AdamW(schedule, weight_decay=1e-3), loss="mse")
log = model.fit(X_train, y_train, validation_data=(X_val, y_val),
                epochs=EPOCHS, batch_size=BATCH, verbose=0).history
print("train %.4f  val %.4f  noise %.4f  variance %.3f"
      % (log["loss"][-1], log["val_loss"][-1], 0.15 ** 2, y_val.var()))
