"""Data are looked at without the training noticing."""

# ruff: noqa: S311
import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context as tf_context
from tensorflow.python.framework import config as tf_config

from soundcheck.debugging.datasets import Replay, copy_of, peek
from soundcheck.debugging.random_state import preserved_random_state


def read(dataset):
    return np.concatenate([np.ravel(element) for element in dataset])


def shuffled(_folder):
    return tf.data.Dataset.range(20).shuffle(20).batch(4).shuffle(3).prefetch(2)


def cached(folder):
    noisy = tf.data.Dataset.range(20).map(lambda x: tf.cast(x, tf.float32) + tf.random.uniform(()))
    return noisy.cache().shuffle(20).cache(str(folder / "cache")).batch(4)


def augmented(_folder):
    layer = keras.layers.RandomFlip(seed=3)
    generator, offset = tf.random.Generator.from_seed(1), tf.Variable(3.0)

    def augment(x):
        image = layer(tf.reshape(tf.range(12.0), (1, 2, 2, 3)), training=True)
        return x * image + generator.normal(()) + offset

    return tf.data.Dataset.range(20).map(lambda x: tf.cast(x, tf.float32)).shuffle(5).map(augment)


def repeated(_folder):
    return tf.data.Dataset.range(6).shuffle(6).repeat(3).flat_map(lambda x: tf.data.Dataset.range(x + 1))


def drawn(_folder):
    return tf.data.Dataset.random(seed=4).take(8)


def looked_up(_folder):
    pairs = tf.lookup.KeyValueTensorInitializer(tf.range(5, dtype=tf.int64), tf.range(5, 10))
    table = tf.lookup.StaticHashTable(pairs, 0)
    return tf.data.Dataset.range(5).map(table.lookup)


def from_python(_folder):
    rng = np.random.default_rng(3)

    def rows():
        for _ in range(6):
            yield rng.normal() + np.random.rand() + random.random()

    return tf.data.Dataset.from_generator(rows, output_signature=tf.TensorSpec(())).batch(2)


@pytest.mark.parametrize(
    "make",
    [shuffled, cached, augmented, repeated, drawn, looked_up, from_python],
    ids=lambda make: make.__name__,
)
def test_reading_a_copy_leaves_the_original_alone(make, tmp_path):
    keras.utils.set_random_seed(5)
    plain = make(tmp_path)
    expected = [read(plain) for _ in range(3)]
    keras.utils.set_random_seed(5)
    (tmp_path / "second").mkdir()
    original = make(tmp_path / "second")
    next(iter(copy_of(original)))
    got = [read(original)]
    copy = copy_of(original)
    read(copy)
    next(iter(copy))
    got += [read(original), read(original)]
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_copy_has_the_rows_of_the_original(tmp_path):
    keras.utils.set_random_seed(5)
    original = shuffled(tmp_path)
    copy = copy_of(original)
    assert copy.element_spec == original.element_spec
    np.testing.assert_array_equal(read(copy), read(original))
    assert sorted(read(copy)) == list(range(20))


def test_without_a_seed_the_same_rows_are_looked_at_each_time(tmp_path, monkeypatch, request):
    monkeypatch.setattr(tf_context.context(), "_seed", None)
    deterministic = tf_config.is_op_determinism_enabled()  # by an earlier test; it forbids what has no seed
    tf_config.disable_op_determinism()
    request.addfinalizer(tf_config.enable_op_determinism if deterministic else lambda: None)
    np.testing.assert_array_equal(*(read(copy_of(shuffled(tmp_path))) for _ in range(2)))


def test_what_cannot_be_copied_is_none():
    assert copy_of([1, 2]) is None
    infinite_queue = tf.queue.FIFOQueue(4, [tf.int64])
    infinite_queue.enqueue(1)
    assert copy_of(tf.data.Dataset.range(2).map(lambda x: x + infinite_queue.dequeue())) is None


def numbers(count):
    for place in range(count):
        yield place, np.random.rand(), random.random(), float(tf.random.uniform(()))


def test_a_generator_gets_its_batches_back():
    batches, again = peek(numbers(5), 3)
    assert [batch[0] for batch in batches] == [0, 1, 2]
    assert [batch[0] for batch in again] == [0, 1, 2, 3, 4]
    batches, again = peek(numbers(2), 9)
    assert len(batches) == len(list(again)) == 2
    assert peek(iter([]), 3)[0] == []


@pytest.mark.parametrize("inside", [False, True])
def test_a_generator_draws_as_if_it_had_not_been_looked_at(inside):
    def drawn(look):
        keras.utils.set_random_seed(8)
        source = Replay(numbers(6))
        if look and inside:
            with preserved_random_state():
                source.peek(2)
                np.random.rand()
                source.peek(4)
        elif look:
            source.peek(2)
            source.peek(4)
        batches = source.generator()
        first = [next(batches), next(batches)]
        between = np.random.rand(), random.random()
        return first, between, next(batches)[0], np.random.rand() if not look else None

    plain, looked = drawn(look=False), drawn(look=True)
    assert looked[:3] == plain[:3]


def test_draws_after_the_last_batch_are_those_they_would_have_been():
    def drawn(look):
        keras.utils.set_random_seed(8)
        batches = numbers(4)
        if look:
            _, batches = peek(batches, 3)
        return list(batches), np.random.rand(), random.random(), float(tf.random.uniform(()))

    assert drawn(look=True) == drawn(look=False)


def test_no_more_is_read_ahead_than_will_be_used():
    source = Replay(numbers(9), most=3)
    assert len(source.peek(8)) == 3
    assert peek(source, 2)[1] is source
    assert len(list(source.generator())) == 9


class Pictures(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(2)
        self.reads = 0
        self.order = np.arange(4)

    def __len__(self):
        return 4

    def __getitem__(self, place):
        self.reads += 1
        return self.order[place] + self.rng.normal() + np.random.rand(), self.reads

    def on_epoch_end(self):
        raise AssertionError("not ours to call")


def test_a_py_dataset_is_read_without_disturbance():
    data, same = Pictures(), Pictures()
    np.random.seed(1)
    expected = same[0], same[3]
    np.random.seed(1)
    batches, source = peek(data, 3)
    assert len(batches) == 3
    assert source is data
    assert len(peek(data, 9)[0]) == 4
    assert (data[0], data[3]) == expected


def test_a_py_dataset_without_end_is_read_as_far_as_asked():
    class Endless(keras.utils.PyDataset):
        @property
        def num_batches(self):
            return None

        def __getitem__(self, place):
            return place

    assert peek(Endless(), 3)[0] == [0, 1, 2]


def test_what_is_no_data_is_named():
    with pytest.raises(TypeError, match="source=3"):
        peek(3, 2)
