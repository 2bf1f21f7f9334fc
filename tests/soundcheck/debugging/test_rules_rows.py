"""Rules on what the rows say of their targets: where rows repeat, hold names, or hold the target itself."""

import keras
import numpy as np
import pytest
from debugging_cases import case_after, case_before, dense

from soundcheck.debugging.findings import Cause
from soundcheck.debugging.rules.data_rows import labels_unrelated, rows_contradict
from soundcheck.debugging.rules.data_splits import target_among_features
from soundcheck.debugging.rules.layer_use import ids_as_amounts

random = np.random.default_rng(23)
PIXELS = random.integers(0, 17, (150, 64)).astype("float32")
HALVES = (PIXELS[:, :32].sum(axis=1) > PIXELS[:, 32:].sum(axis=1)).astype(int)


def classifier(columns, classes=2):
    model = dense(16, classes, inputs=columns, last="softmax")
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model


def after_training(model, x, y, epochs=5, **case):
    model.fit(x, y, epochs=epochs, verbose=0)
    return case_after(case_before(model, x, y, **case))


class TestRowsContradict:
    def twice(self, labels):
        """The rows of two epochs, in another order each."""
        return np.concatenate([PIXELS, PIXELS[random.permutation(150)]]), labels

    def test_rows_shuffled_without_their_labels(self):
        x, y = self.twice(np.concatenate([HALVES, HALVES]))
        (found,) = rows_contradict(case_after(case_before(classifier(64), x, y)))
        assert found.cause is Cause.LABELS_UNRELATED
        assert found.evidence[0].value == pytest.approx(0.5, abs=0.15)

    def test_rows_shuffled_with_their_labels(self):
        order = random.permutation(150)
        x, y = np.concatenate([PIXELS, PIXELS[order]]), np.concatenate([HALVES, HALVES[order]])
        assert not list(rows_contradict(case_after(case_before(classifier(64), x, y))))

    def test_rows_of_few_values_repeat_with_other_labels_for_no_fault(self):
        x = random.integers(0, 2, (400, 3)).astype("float32")
        y = (random.random(400) < 0.4 + 0.2 * x[:, 0]).astype(int)
        assert not list(rows_contradict(case_after(case_before(classifier(3), x, y))))

    def test_rows_that_do_not_repeat_contradict_nothing(self):
        assert not list(rows_contradict(case_after(case_before(classifier(64), PIXELS, HALVES))))


class TestLabelsUnrelated:
    """Of columns of few values the learners alone are no proof."""

    def of(self, y, held_y):
        rng = np.random.default_rng(4)
        x, held = (rng.integers(0, 9, (400, 80)).astype("float32") for _ in range(2))
        labels = [(rows[:, :40].sum(axis=1) > rows[:, 40:].sum(axis=1)).astype(int) for rows in (x, held)]
        case = case_before(classifier(80), x, y(labels[0]), validation=(held, held_y(labels[1])))
        return [finding.cause for finding in labels_unrelated(case_after(case))]

    def test_validation_rows_that_can_be_learnt_show_that_the_training_rows_should_be(self):
        dealt_anew = np.random.default_rng(1).permutation
        assert self.of(dealt_anew, lambda labels: labels) == [Cause.LABELS_UNRELATED]

    def test_rows_of_which_none_can_be_learnt_may_just_be_hard(self):
        dealt_anew = np.random.default_rng(1).permutation
        assert self.of(dealt_anew, dealt_anew) == []


class TestIdsAsAmounts:
    def texts(self, topics=3, words=300, length=20):
        """Bags of words: each topic has a hundred words of its own, in no order of their numbers."""
        rng = np.random.default_rng(9)
        y = rng.integers(0, topics, 500)
        names = rng.permutation(words).reshape(topics, -1)
        own = names[y][np.arange(500)[:, None], rng.integers(0, words // topics, (500, length))]
        common = rng.integers(0, words, (500, length))
        return np.where(rng.random((500, length)) < 0.6, own, common), y

    def test_word_numbers_in_a_dense_layer(self):
        x, y = self.texts()
        (found,) = ids_as_amounts(after_training(classifier(20, 3), x, y))
        assert found.cause is Cause.LAYER_MISUSE
        assert "Embedding(300" in found.remedy

    def test_word_numbers_in_an_embedding(self):
        x, y = self.texts()
        layers = keras.layers
        model = keras.Sequential([layers.Embedding(300, 8), layers.GlobalAveragePooling1D(), layers.Dense(3)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.05), loss)
        assert not list(ids_as_amounts(after_training(model, x, y, epochs=10)))

    def test_amounts_are_no_names(self):
        assert not list(ids_as_amounts(after_training(classifier(64), PIXELS * 3, HALVES, epochs=2)))


class TestTargetAmongFeatures:
    def windows(self, width, last):
        walk = random.normal(size=300)
        x = np.lib.stride_tricks.sliding_window_view(walk[: 280 + width], width)[:280, :, None]
        model = keras.Sequential([keras.Input((width, 1)), keras.layers.LSTM(4), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        return case_before(model, x, walk[last : last + 280])

    def test_a_window_that_ends_with_what_is_to_be_predicted(self):
        (found,) = target_among_features(self.windows(10, last=9))
        assert found.cause is Cause.DATA_LEAK
        assert found.message.startswith("Step 9 of channel 0")

    def test_a_window_that_ends_before_it(self):
        assert not list(target_among_features(self.windows(10, last=10)))
