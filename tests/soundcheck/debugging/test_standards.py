"""What ordinary learners reach on unseen rows."""

import time

import numpy as np
import pytest
from debugging_cases import case_before, dense

from soundcheck.debugging.standards import balanced_skill, standard_of


def standard(x, y, *, units=1, last="linear", loss="mse"):
    return standard_of(case(x, y, units=units, last=last, loss=loss))


def case(x, y, *, units=1, last="linear", loss="mse"):
    import keras

    model = keras.Sequential(
        [keras.Input(x.shape[1:]), keras.layers.Flatten(), keras.layers.Dense(units, last)]
    )
    model.compile(loss=loss)
    return case_before(model, x, y)


RANDOM = np.random.default_rng(2)
TABLE = RANDOM.normal(size=(300, 6)).astype("float32")


def test_a_linear_relation_is_seen_by_the_linear_learner():
    found = standard(TABLE, TABLE @ np.arange(6) + RANDOM.normal(size=300))
    assert found is not None
    assert found.linear_skill == pytest.approx(0.98, abs=0.02)
    assert found.skill >= found.linear_skill


def test_a_ring_is_seen_by_the_others_only():
    inside = (np.square(TABLE[:, :2]).sum(1) < 1.4).astype(int)
    found = standard(TABLE[:, :2], inside, last="sigmoid", loss="binary_crossentropy")
    assert found is not None
    assert found.skill > 0.8
    assert found.linear_skill < 0.5


def test_noise_is_not_predicted():
    found = standard(TABLE, RANDOM.integers(0, 3, 300), units=3, loss="sparse_categorical_crossentropy")
    assert found is not None
    assert abs(found.skill) < 0.15


def test_rows_that_alternate_between_classes_are_not_sampled_away():
    pairs = RANDOM.normal(size=(2048, 2)).astype("float32")
    y = np.arange(2048) % 2
    pairs[:, 0] += 4 * y
    found = standard(pairs, y, last="sigmoid", loss="binary_crossentropy")
    assert found is not None
    assert found.skill > 0.8


def test_several_labels_and_several_values():
    labels = (TABLE[:, :3] > 0).astype(int)
    labels[0] = 1
    found = standard(TABLE, labels, units=3, last="sigmoid", loss="binary_crossentropy")
    assert found is not None
    assert found.skill > 0.7
    values = standard(TABLE, TABLE[:, :2] * [1, 100], units=2)
    assert values is not None
    assert values.skill > 0.95


def test_ids_are_counted_as_words():
    import keras

    ids = RANDOM.integers(1, 200, (400, 30))
    y = (ids == 7).any(1).astype(int)
    ids[y == 1, 0] = 8
    model = keras.Sequential(
        [keras.Input((30,)), keras.layers.Embedding(200, 4), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    model.compile(loss="mse")
    found = standard_of(case_before(model, ids, y))
    assert found is not None
    assert found.linear_skill > 0.5


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (TABLE[:20], np.arange(20) % 2),
        (TABLE, np.zeros(300)),
        (np.full_like(TABLE, np.nan), np.arange(300) % 2),
        (TABLE, TABLE),
        (TABLE, TABLE.repeat(10, axis=1)),
    ],
)
def test_without_enough_to_learn_from_there_is_none(x, y):
    units = 1 if y.ndim == 1 else y.shape[1]
    assert standard(x, y, units=units) is None


def test_without_targets_there_is_none():
    model = dense(1, inputs=6)
    model.compile(loss="mse")
    assert standard_of(case_before(model, TABLE)) is None


def test_rows_with_gaps_are_left_out():
    holed = TABLE.copy()
    holed[::10, 0] = np.nan
    found = standard(holed, TABLE[:, 1])
    assert found is not None
    assert found.skill > 0.95


def test_it_is_deterministic_leaves_the_users_random_numbers_alone_and_is_quick():
    pictures = RANDOM.uniform(size=(1500, 32, 32, 3)).astype("float32")
    given = case(pictures, RANDOM.integers(0, 10, 1500), units=10, loss="sparse_categorical_crossentropy")
    state = str(np.random.get_state())
    started = time.process_time()
    first = standard_of(given)
    assert time.process_time() - started < 10
    assert first == standard_of(given)
    assert str(np.random.get_state()) == state


def test_a_rare_class_can_be_told_by_learners_that_weigh_it():
    rare = np.zeros(1000, int)
    rare[:40] = 1
    x = RANDOM.normal(size=(1000, 5)).astype("float32")
    x[:40, 0] += 1.5
    given = case(x, rare, last="sigmoid", loss="binary_crossentropy")
    found, balanced = standard_of(given), balanced_skill(given)
    assert found is not None
    assert balanced is not None
    assert found.skill < 0.3 < balanced
