import numpy as np
import pytest

from soundcheck.features.half_precision import to_half, to_single


def single(numbers):
    to_single(numbers, out := np.empty(numbers.shape, np.float32))
    return out


def all_halves():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    return halves[np.isfinite(halves)]


def test_every_normal_half_becomes_the_single_that_it_is():
    halves = all_halves()
    normal = halves[(np.abs(halves) >= 2**-14) | (halves == 0)]
    np.testing.assert_array_equal(single(normal), normal.astype(np.float32))


def test_threads_of_tensorflow_see_the_same():
    import tensorflow as tf

    stored = to_half(all_halves().astype(np.float32))
    dataset = tf.data.Dataset.range(1).map(
        lambda _: tf.numpy_function(lambda: single(stored), [], tf.float32)
    )
    np.testing.assert_array_equal(next(iter(dataset)).numpy(), stored.astype(np.float32))


def test_to_half_rounds_as_numpy_does_where_numbers_are_normal():
    singles = (10 ** np.random.default_rng(0).uniform(-4, 5, 200_000)).astype(np.float32)
    singles *= np.random.default_rng(1).choice([-1, 1], len(singles))
    expected = np.clip(singles, -65504, 65504).astype(np.float16)
    normal = np.abs(singles) >= 2**-14
    np.testing.assert_array_equal(to_half(singles)[normal], expected[normal])
    np.testing.assert_array_equal(to_half(singles)[np.abs(expected) < 2**-14], 0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("shape", [(0, 3, 2), (1, 1, 1), (3, 124, 129), (70, 98, 40)])
def test_any_shape(dtype, shape):
    numbers = np.random.default_rng(0).normal(size=shape).round(2).astype(dtype)
    np.testing.assert_array_equal(single(numbers), numbers.astype(np.float32))
