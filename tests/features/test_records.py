import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from soundcheck.features.records import read_records, record


@pytest.mark.parametrize("size", [1, 127, 128, 20_000, 2_100_000])
def test_tensorflow_reads_what_we_write(tmp_path, size):
    """Its reader compares both checksums."""
    contents = [np.random.default_rng(number).bytes(size) for number in range(3)]
    path = tmp_path / "file.tfrecord"
    path.write_bytes(b"".join(b"".join(record({"name": b"n", "content": content})) for content in contents))
    description = {
        "name": tf.io.FixedLenFeature([], tf.string),
        "content": tf.io.FixedLenFeature([], tf.string),
    }
    read = [tf.io.parse_single_example(one, description) for one in tf.data.TFRecordDataset(str(path))]
    assert [one["content"].numpy() for one in read] == contents
    assert {one["name"].numpy() for one in read} == {b"n"}


@given(st.lists(st.dictionaries(st.text(max_size=200), st.binary(max_size=300), max_size=3), max_size=3))
def test_we_read_what_we_write(examples):
    file = b"".join(b"".join(record(example)) for example in examples)
    read = [
        {name: bytes(value) for name, value in example.items()} for example in read_records(memoryview(file))
    ]
    assert read == examples
