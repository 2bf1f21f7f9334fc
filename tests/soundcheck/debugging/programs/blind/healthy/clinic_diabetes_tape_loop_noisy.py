"""Plain GradientTape loop on a diabetes-like table; the labels are noisy by nature, 75 to 78 percent is what anybody gets.
Cosine decay of the step over the whole run."""
# healthy
import numpy as np
import tensorflow as tf
import keras

keras.utils.set_random_seed(768)
rng = np.random.default_rng(768)

n = 768
glucose, bmi, age = rng.normal(121, 30, n), rng.normal(32, 7, n), rng.gamma(2, 8, n) + 21
pressure, others = rng.normal(72, 12, n), rng.normal(0, 1, (n, 4))
logit = 0.035 * (glucose - 121) + 0.09 * (bmi - 32) + 0.03 * (age - 37) - 0.9
y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype("float32")
X = np.column_stack([glucose, bmi, age, pressure, others])
X = ((X - X.mean(0)) / X.std(0)).astype("float32")
X_train, y_train, X_test, y_test = X[:600], y[:600, None], X[600:], y[600:, None]

model = keras.Sequential([
    keras.layers.Input((8,)),
    keras.layers.Dense(10, activation="relu"),
    keras.layers.Dense(1),
])
loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
EPOCHS, BATCH = 25, 30
schedule = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=EPOCHS * 600 // BATCH)
optimizer = keras.optimizers.Adam(schedule)
accuracy = keras.metrics.BinaryAccuracy(threshold=0.0)
batches = tf.data.Dataset.from_tensor_slices((X_train, y_train)).shuffle(600, seed=1).batch(BATCH)


@tf.function
def step(xb, yb):
    with tf.GradientTape() as tape:
        out = model(xb, training=True)
        loss = loss_fn(yb, out)
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))
    accuracy.update_state(yb, out)
    return loss


for epoch in range(EPOCHS):
    accuracy.reset_state()
    losses = [float(step(xb, yb)) for xb, yb in batches]
    if epoch % 6 == 0:
        print(f"epoch {epoch:2d} loss {np.mean(losses):.4f} accuracy {float(accuracy.result()):.3f}")

test_out = model(X_test).numpy()
print("test accuracy", np.mean((test_out > 0) == (y_test > 0.5)))
print("the best possible", np.mean((logit[600:] > 0) == (y_test[:, 0] > 0.5)))
