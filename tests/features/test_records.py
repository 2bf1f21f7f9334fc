import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from soundcheck.features.records import crc32c, read_records, record


def bitwise_crc32c(data):
    """The textbook's way: a bit at a time."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def test_checksum_of_the_standard_message():
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720 and every CRC catalogue


def test_checksum_of_32_zeros():
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


@given(st.binary(min_size=4, max_size=300))
def test_checksum_of_anything(data):
    assert crc32c(data) == bitwise_crc32c(data)


@pytest.mark.parametrize("size", [1, 127, 128, 20_000, 2_100_000])
def test_tensorflow_reads_what_we_write(tmp_path, size):
    """Its reader compares both checksums."""
    contents = [np.random.default_rng(number).bytes(size) for number in range(3)]
    path = tmp_path / "file.tfrecord"
    path.write_bytes(b"".join(record({"name": b"n", "content": content}) for content in contents))
    description = {
        "name": tf.io.FixedLenFeature([], tf.string),
        "content": tf.io.FixedLenFeature([], tf.string),
    }
    read = [tf.io.parse_single_example(one, description) for one in tf.data.TFRecordDataset(str(path))]
    assert [one["content"].numpy() for one in read] == contents
    assert {one["name"].numpy() for one in read} == {b"n"}


@given(st.lists(st.dictionaries(st.text(max_size=200), st.binary(max_size=300), max_size=3), max_size=3))
def test_we_read_what_we_write(examples):
    file = b"".join(record(example) for example in examples)
    read = [
        {name: bytes(value) for name, value in example.items()} for example in read_records(memoryview(file))
    ]
    assert read == examples
