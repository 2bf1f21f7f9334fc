import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from soundcheck.debugging.samples import evenly_spread, from_arrays, from_batches, is_array
from soundcheck.debugging.sources import sample_of


@given(rows=st.integers(1, 5000), wanted=st.integers(1, 300))
def test_rows_are_evenly_spread(rows, wanted):
    places = evenly_spread(rows, wanted)

    assert len(places) == min(rows, wanted)
    assert places[0] >= 0
    assert places[-1] < rows
    assert (np.diff(places) > 0).all()
    assert np.diff(places).max(initial=0) <= 2 * -(-rows // len(places))


def test_classes_in_turns_are_all_seen():
    sample = from_arrays(np.zeros((4096, 2)), np.arange(4096) % 2, None, max_rows=2048)

    assert 0.4 < sample.y.mean() < 0.6


def test_rows_stay_in_order_and_keep_their_labels():
    x = np.arange(1000.0)

    sample = from_arrays(x, x * 2, x / 1000, max_rows=64)

    assert (sample.rows, sample.total_rows) == (64, 1000)
    assert (np.diff(sample.x) > 0).all()
    np.testing.assert_array_equal(sample.y, sample.x * 2)
    np.testing.assert_array_equal(sample.weights, sample.x / 1000)


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], np.ndarray),
        (pd.DataFrame({"a": [1.0, 3.0], "b": [2.0, 4.0]}), np.ndarray),
        (tf.constant([[1.0, 2.0], [3.0, 4.0]]), np.ndarray),
        ({"a": np.zeros((2, 3)), "b": np.ones((2, 1))}, dict),
        ([np.zeros((2, 3)), np.ones((2, 1))], list),
    ],
    ids=["list", "table", "tensor", "dict", "two inputs"],
)
def test_whatever_fit_takes_becomes_arrays(x, kind):
    assert is_array(x)
    sample = from_arrays(x, pd.Series([0, 1]), None, max_rows=10)

    assert isinstance(sample.x, kind)
    assert sample.rows == 2
    assert all(isinstance(leaf, np.ndarray) for leaf in keras.tree.flatten(sample.x))


def test_a_dataset_is_no_array():
    assert not is_array(tf.data.Dataset.range(3))
    assert not is_array(number for number in range(3))


def test_unequal_rows_are_refused():
    with pytest.raises(ValueError, match=r"equally many rows.*\[2, 3\]"):
        from_arrays(np.zeros((3, 2)), np.zeros(2), None, max_rows=10)
    with pytest.raises(ValueError, match="at least one"):
        from_arrays(np.zeros((0, 2)), np.zeros(0), None, max_rows=10)


def test_batches_are_joined_with_their_sizes():
    batches = [(np.full((size, 2), place), np.full(size, place)) for place, size in enumerate((4, 4, 3))]

    sample = from_batches(iter(batches), max_rows=100)

    assert sample.batch_rows == (4, 4, 3)
    np.testing.assert_array_equal(sample.y, [0] * 4 + [1] * 4 + [2] * 3)


def test_batches_of_unlike_lengths_are_padded():
    batches = [(np.ones((2, 3)), np.zeros(2)), (np.ones((2, 5)), np.zeros(2))]

    sample = from_batches(batches, max_rows=100)

    assert sample.x.shape == (4, 5)
    assert sample.x[0].tolist() == [1, 1, 1, 0, 0]


def test_an_endless_generator_is_read_no_further_than_needed():
    seen = []

    def endless():
        while True:
            seen.append(1)
            yield np.zeros((10, 2)), np.zeros(10)

    assert from_batches(endless(), max_rows=35).rows == 40
    assert len(seen) == 4


def test_a_generator_gets_its_batches_back():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    seen = []

    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append((batch, logs)))
    generator = ((np.full((2, 1), number), np.zeros((2, 1))) for number in range(6))
    sample = sample_of(model, generator, None, None, max_rows=6)
    model.fit(generator, steps_per_epoch=6, shuffle=False, verbose=0, callbacks=[count])

    assert sample.x.reshape(-1).tolist() == [0, 0, 1, 1, 2, 2]
    assert len(seen) == 6
    assert model.fit.__func__ is keras.Model.fit  # as it was


def test_an_empty_dataset_is_refused():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    empty = tf.data.Dataset.from_tensor_slices((np.zeros((0, 1)), np.zeros(0))).batch(2)

    with pytest.raises(ValueError, match="no rows"):
        sample_of(model, empty, None, None, max_rows=6)
