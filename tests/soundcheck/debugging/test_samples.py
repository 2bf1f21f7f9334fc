import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from soundcheck.debugging.samples import (
    MOST_BATCHES,
    copied,
    evenly_spread,
    from_arrays,
    from_batches,
    is_array,
    joined,
    over_arrays,
    rows_in,
)
from soundcheck.debugging.sources import sample_of

SPARSE = {
    "tensor": tf.sparse.from_dense,
    "tensor out of order": lambda dense: tf.SparseTensor(
        np.argwhere(dense)[::-1].copy(), dense[tuple(np.argwhere(dense)[::-1].T)], dense.shape
    ),
    "rows": sparse.csr_matrix,
    "coordinates": sparse.coo_array,
}


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


@pytest.mark.parametrize("max_rows", [7, 100])
@pytest.mark.parametrize("packed", SPARSE.values(), ids=SPARSE)
def test_rows_of_sparse_arrays_become_dense(packed, max_rows):
    dense = np.random.default_rng(0).integers(0, 3, (40, 5)).astype(np.float32)

    sample = from_arrays(packed(dense), dense[:, 0], None, max_rows)

    assert is_array(packed(dense))
    assert (sample.rows, sample.total_rows) == (min(max_rows, 40), 40)
    assert sample.x.dtype == np.float32
    np.testing.assert_array_equal(sample.x, from_arrays(dense, None, None, max_rows).x)
    np.testing.assert_array_equal(sample.x[:, 0], sample.y)


def test_pictures_and_text_may_be_sparse_tensors():
    pictures = np.random.default_rng(0).integers(0, 2, (20, 3, 4))
    words = tf.SparseTensor([[0, 1], [2, 0]], ["b", "a"], (3, 2))

    sample = from_arrays(tf.sparse.from_dense(pictures), None, None, 6)

    np.testing.assert_array_equal(sample.x, pictures[evenly_spread(20, 6)])
    assert from_arrays(words, None, None, 6).x.tolist() == [[b"", b"b"], [b"", b""], [b"a", b""]]


def test_of_very_wide_sparse_arrays_there_are_fewer_rows():
    wide = sparse.csr_matrix((2000, 2**20), dtype=np.float32)
    batch = tf.sparse.SparseTensor(np.zeros((0, 2), np.int64), np.zeros(0), (16, 2**20))

    arrays, batches = from_arrays(wide, np.zeros(2000), None, 2000), from_batches([batch] * 8, 100)

    assert (arrays.rows, arrays.total_rows, arrays.y.shape) == (64, 2000, (64,))
    assert batches.batch_rows == (16,) * 4


@pytest.mark.parametrize("packed", SPARSE.values(), ids=SPARSE)
def test_sparse_batches_are_joined(packed):
    dense = np.eye(4, dtype=np.float32)

    sample = from_batches([(packed(dense), np.zeros(4)), (packed(2 * dense), np.ones(4))], max_rows=100)

    np.testing.assert_array_equal(sample.x, [*dense, *2 * dense])
    np.testing.assert_array_equal(copied((packed(dense), np.zeros(4)))[0], dense)


def test_ragged_rows_are_padded():
    ragged = tf.ragged.constant([[1, 2, 3], [4], [5, 6]])

    assert is_array(ragged)
    assert from_arrays(ragged, None, None, 10).x.tolist() == [[1, 2, 3], [4, 0, 0], [5, 6, 0]]


def test_an_input_that_is_not_given_stays_none():
    x = np.arange(40.0)[:, None]

    few, batches = from_arrays([None, x], x, None, 8), from_batches([((x, None), x)] * 2, max_rows=100)

    assert is_array([None, x])
    assert few.x[0] is None
    np.testing.assert_array_equal(few.take(np.arange(3)).x[1], few.y[:3])
    assert (batches.x[1], batches.rows) == (None, 80)
    assert copied(([None, x], x))[0][0] is None


def test_a_dataset_may_leave_out_its_first_input():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    dataset = tf.data.Dataset.from_tensors(((None, np.ones((4, 1))), np.ones(4))).repeat(3)

    sample = sample_of(model, dataset, None, None, max_rows=8)

    assert (sample.x[0], sample.rows, sample.total_rows) == (None, 8, 12)


def test_each_output_may_have_weights_of_its_own():
    x = np.arange(40.0)
    weights = {"a": x / 40, "b": x * 2, "c": None}
    batch = (x, {"a": x, "b": x, "c": x}, weights)

    few, batches = from_arrays(*batch, max_rows=8), from_batches([batch, batch], max_rows=100)

    np.testing.assert_array_equal(few.weights["b"], few.x * 2)
    np.testing.assert_array_equal(few.take(np.arange(3)).weights["a"], few.x[:3] / 40)
    assert few.weights["c"] is None
    assert batches.weights["a"].shape == (80,)
    assert copied(batch)[2]["b"] is not weights["b"]
    np.testing.assert_array_equal(copied(batch)[2]["b"], weights["b"])


def test_weights_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"equally many rows.*\[2, 3\]"):
        from_arrays(np.zeros(3), np.zeros(3), {"a": np.zeros(2)}, max_rows=10)


def test_an_input_without_rows_is_given_as_it_is():
    x = {"factor": np.float32(2), "values": np.ones((8, 4))}

    sample = from_batches([x] * 2, max_rows=100)

    assert (rows_in(x), sample.rows, sample.x["factor"]) == (8, 16, 2)
    assert sample.take(np.arange(5)).x["factor"] == 2
    assert over_arrays(len, x) == {"factor": 2, "values": 8}
    assert joined([np.float32(2)]) is None


def test_a_list_of_numbers_of_numpy_is_one_array():
    assert from_arrays(list(np.arange(5.0)), [1, 2, 3, 4, 5], None, max_rows=10).x.shape == (5,)


def test_batches_are_remembered_where_rows_are_spread():
    batches = [(np.full((size, 2), place), np.full(size, place)) for place, size in enumerate((40, 40, 16))]
    sample = from_batches(batches, max_rows=1000)

    few = sample.spread(24)

    assert few.batch_rows == sample.batch_rows == (40, 40, 16)
    assert [set(part) for part in np.split(few.y, few.ends_of_batches())] == [{0}, {1}, {2}]
    assert sample.ends_of_batches().tolist() == [40, 80]
    assert sample.take(np.array([3, 1])).batch_rows == ()


def test_all_batches_can_be_joined():
    batches = [(np.full((1, 2), place), np.full(1, place)) for place in range(MOST_BATCHES + 9)]

    assert joined(batches, 500).total_rows == 500
    assert joined(iter(batches)).y.tolist() == list(range(MOST_BATCHES + 9))
    assert from_batches(batches, max_rows=1000).rows == MOST_BATCHES
    assert joined([]) is None
