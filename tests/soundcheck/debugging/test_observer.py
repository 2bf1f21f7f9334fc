"""The observer of whole scripts: what comes of several fits, loops and models."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from soundcheck.debugging.findings import Cause, Severity
from soundcheck.debugging.instrumentation import attached
from soundcheck.debugging.monitor import TrainingMonitor
from soundcheck.debugging.observer import Observer

random = np.random.default_rng(0)
LABELS = random.integers(0, 3, 200)
CLOUDS = (random.normal(size=(200, 8)) + 3 * np.eye(3, 8)[LABELS]).astype(np.float32)


def classifier(*last, optimizer="adam", loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(0)
    hidden = layers.Dense(16, activation="relu")
    model = keras.Sequential([keras.Input((8,)), hidden, layers.Dense(3, activation="softmax"), *last])
    model.compile(optimizer, loss)
    return model


@pytest.fixture
def evaluations(monkeypatch):
    """Counts how often a training is judged."""
    seen = []
    evaluated = TrainingMonitor._evaluated
    monkeypatch.setattr(
        TrainingMonitor, "_evaluated", lambda self, training: seen.append(1) or evaluated(self, training)
    )
    return seen


def test_a_layer_that_only_an_own_train_step_uses_is_trained():
    class Contrasting(keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder, self.head = layers.Dense(8, activation="relu"), layers.Dense(3)

        def call(self, x):
            return self.encoder(x)

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                scores = self.head(self.encoder(x))
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores))
            weights = self.trainable_variables
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    x = np.random.default_rng(0).normal(size=(64, 5)).astype(np.float32)
    keras.utils.set_random_seed(0)
    model = Contrasting()
    model.compile("adam")
    with attached(Observer()):
        model.fit(x, x[:, :3].argmax(axis=1), epochs=2, verbose=0)

    assert len(model.optimizer.variables) > 2 * len(model.trainable_variables)


def slowly_trained(afterwards):
    with attached(observer := Observer()):
        model = classifier(optimizer=keras.optimizers.SGD(1e-6))
        model.fit(CLOUDS, LABELS, epochs=5, verbose=0)
        afterwards(model)
    return [one.cause for one in observer.findings()]


def test_a_training_whose_weights_a_loop_of_tapes_changed_later_is_not_judged():
    def trained_on(model):
        model.set_weights([0.9 * one for one in model.get_weights()])

    assert Cause.LEARNING_RATE_LOW in slowly_trained(lambda _: None)
    assert Cause.LEARNING_RATE_LOW not in slowly_trained(trained_on)


def test_a_loop_of_fits_is_judged_once(evaluations):
    observer = Observer()
    with attached(observer):
        model = classifier(optimizer=keras.optimizers.Adam(0.01))
        for _ in range(6):
            model.fit(CLOUDS, LABELS, verbose=0)

    assert observer.findings() == observer.findings() == []
    assert observer.trainings == 6
    assert len(evaluations) == 1


def test_a_fit_after_single_batches_is_watched():
    observer = Observer()
    with attached(observer):
        model = classifier(optimizer=keras.optimizers.SGD(300.0))
        model.train_on_batch(CLOUDS[:32], LABELS[:32])
        model.fit(CLOUDS, LABELS, epochs=3, verbose=0)

    assert observer.findings()[0].cause == Cause.LEARNING_RATE_HIGH
    assert [name for name, _ in observer.records()] == [model.name]


def test_a_loss_that_is_no_number_refutes_nothing():
    observer = Observer()
    with attached(observer):
        model = classifier(layers.Dropout(0.5), loss="categorical_crossentropy")
        model.fit(CLOUDS, np.eye(3, dtype=np.float32)[LABELS], epochs=5, verbose=0)

    assert Cause.LAYER_MISUSE in [finding.cause for finding in observer.findings()]


def test_an_argument_of_old_keras_is_named():
    observer = Observer()
    with attached(observer), pytest.raises(TypeError):
        classifier().fit(CLOUDS, LABELS, nb_epoch=3)

    (found,) = observer.findings()
    assert (found.cause, found.where.name) == (Cause.COMPILE_ARGUMENTS, "nb_epoch")
    assert "epochs" in found.remedy


def test_a_fit_that_fails_is_explained_by_its_data():
    observer = Observer()
    with attached(observer), pytest.raises(ValueError, match="rank"):
        classifier(loss="categorical_crossentropy").fit(CLOUDS, LABELS, verbose=0)

    assert observer.findings()[0].rule == "targets_fit"
    assert {finding.cause for finding in observer.findings()} == {Cause.LABEL_ENCODING}


def train_in_a_loop(model, x, y, epochs=20):
    for _ in range(epochs):
        for start in range(0, len(x) - 19, 20):
            model.train_on_batch(x[start : start + 20], y[start : start + 20])


def test_a_loop_of_single_batches_is_judged(evaluations):
    observer = Observer()
    with attached(observer):
        model = classifier(optimizer=keras.optimizers.SGD(300.0))
        train_in_a_loop(model, CLOUDS, LABELS)

    assert observer.findings()[0].cause == Cause.LEARNING_RATE_HIGH
    assert len(evaluations) == 1
    ((_, record),) = observer.records()
    assert record.steps == 200
    assert len(record.epochs) == 10


def test_a_loop_of_single_batches_that_goes_well_is_left_in_peace():
    observer = Observer()
    with attached(observer):
        train_in_a_loop(classifier(optimizer=keras.optimizers.Adam(0.01)), CLOUDS, LABELS)

    assert observer.findings() == []


def test_rows_that_are_shuffled_in_place_apart_from_their_labels():
    rows = CLOUDS.copy()
    observer = Observer()
    with attached(observer):
        model = classifier(optimizer=keras.optimizers.Adam(0.01))
        for _ in range(5):
            np.random.default_rng(len(observer.records())).shuffle(rows)
            train_in_a_loop(model, rows, LABELS, epochs=1)
            random.shuffle(rows)

    assert [finding.cause for finding in observer.findings()][:1] == [Cause.LABELS_UNRELATED]


def test_a_base_is_judged_before_it_is_tuned_to_ruin():
    """What a further training of its layers does is not what the first one came to."""
    observer = Observer()
    with attached(observer):
        base = classifier(optimizer=keras.optimizers.Adam(0.01))
        base.fit(CLOUDS, LABELS, epochs=20, verbose=0)
        tuned = keras.Sequential([keras.Input((8,)), base.layers[0], layers.Dense(3, activation="softmax")])
        tuned.compile(keras.optimizers.SGD(1000.0), "sparse_categorical_crossentropy")
        tuned.fit(CLOUDS, LABELS, epochs=5, verbose=0)

    assert {finding.cause for finding in observer.findings()} == {Cause.LEARNING_RATE_HIGH}


def test_a_training_is_judged_with_the_optimizer_that_it_had():
    observer = Observer()
    with attached(observer):
        model = classifier(optimizer=keras.optimizers.SGD(1e-6))
        model.fit(CLOUDS, LABELS, epochs=5, verbose=0)
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        model.fit(CLOUDS, LABELS, epochs=30, verbose=0)

    assert {finding.cause for finding in observer.findings()} == {Cause.LEARNING_RATE_LOW}


def test_targets_by_name_go_to_the_outputs_of_that_name():
    keras.utils.set_random_seed(0)
    size = (CLOUDS[:, 0] + CLOUDS[:, 1]).astype(np.float32)
    inputs = keras.Input((8,))
    hidden = layers.Dense(16, activation="relu")(inputs)
    outputs = [
        layers.Dense(1, name="size")(hidden),
        layers.Dense(3, activation="softmax", name="kind")(hidden),
    ]
    observer = Observer()
    with attached(observer):
        model = keras.Model(inputs, outputs)
        model.compile(keras.optimizers.Adam(0.01), {"size": "mse", "kind": "sparse_categorical_crossentropy"})
        model.fit(CLOUDS, {"kind": LABELS, "size": size}, epochs=30, verbose=0)

    assert observer.findings() == []


def test_a_loop_whose_targets_move_is_not_judged_by_its_first_rows():
    """As in reinforcement learning: the same rows, wanted to give something else each time."""
    keras.utils.set_random_seed(0)
    observer = Observer()
    with attached(observer):
        model = keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        for round_ in range(30):
            train_in_a_loop(model, CLOUDS, CLOUDS[:, :1] * (1 - 0.1 * round_) + 0.37, epochs=1)

    assert [one for one in observer.findings() if one.severity > Severity.INFO] == []


def test_a_loop_whose_rows_are_made_anew_is_not_judged_by_its_first_rows():
    """As the fakes of a generator, in batches of their own."""
    keras.utils.set_random_seed(0)
    rng, observer = np.random.default_rng(5), Observer()
    with attached(observer):
        model = keras.Sequential([keras.Input((8,)), layers.Dense(1, activation="sigmoid")])
        model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
        for _ in range(60):
            model.train_on_batch(CLOUDS[rng.integers(0, 200, 20)], np.ones((20, 1)))
            model.train_on_batch(CLOUDS[:20] + rng.normal(size=(20, 8)), np.zeros((20, 1)))

    assert [one for one in observer.findings() if one.severity > Severity.INFO] == []


def test_a_first_batch_that_fails_is_no_training(capsys):
    observer = Observer()
    with attached(observer):
        model = classifier()
        with pytest.raises(ValueError, match="incompatible"):
            model.train_on_batch(CLOUDS[:4, :3], LABELS[:4])

    observer.findings()
    assert "could not be evaluated" not in capsys.readouterr().err


def test_the_loss_of_a_loop_is_found_among_its_metrics():
    observer = Observer()
    with attached(observer):
        model = classifier()
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        told = model.train_on_batch(CLOUDS[:20], LABELS[:20], return_dict=True)
    observer.findings()

    ((_, record),) = observer.records()
    assert record.curve("loss") == pytest.approx([told["loss"]])
    assert told["loss"] != told["accuracy"]
