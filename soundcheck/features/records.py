"""TFRecord files of `tf.train.Example` without TensorFlow, whose import takes 3 s.

Written by hand they are also the same bytes for the same content, which a protocol buffer's map does not
promise. The formats: https://www.tensorflow.org/tutorials/load_data/tfrecord (a record is its length, the
length's checksum, the data, the data's checksum) and https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import reduce

import google_crc32c

_MASK_DELTA = 0xA282EAD8  # TFRecord's masking of checksums that are stored beside what they check
_LENGTH_DELIMITED = 2  # the only wire type in an Example of bytes
_MORE = 0x80  # set in each byte of a varint but the last; the other seven bits count
_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")


def record(features: Mapping[str, bytes]) -> list[bytes]:
    """One framed TFRecord with a `tf.train.Example` of bytes features, in the order given.

    It comes in pieces, so that whoever writes a file joins its megabytes once.
    """
    entries: list[bytes] = []
    for name, value in features.items():
        entries += _field(1, [*_field(1, [name.encode()]), *_field(2, _field(1, _field(1, [value])))])
    data = _field(1, entries)
    length = struct.pack("<Q", sum(map(len, data)))
    return [length, _masked_crc32c([length]), *data, _masked_crc32c(data)]


def read_records(file: memoryview) -> Iterator[dict[str, memoryview]]:
    """The features of each record, as views into `file`: nothing is copied.

    Checksums are not looked at: the store has compared the whole file's SHA-256 with its name.
    """
    start = 0
    while start < len(file):
        length, _ = _HEADER.unpack_from(file, start)
        data_start = start + _HEADER.size
        yield _example(file[data_start : data_start + length])
        start = data_start + length + _CHECKSUM.size


def _masked_crc32c(data: list[bytes]) -> bytes:
    checksum = reduce(google_crc32c.extend, data, 0)
    rotated = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return _CHECKSUM.pack((rotated + _MASK_DELTA) & 0xFFFFFFFF)


def _field(number: int, payload: list[bytes]) -> list[bytes]:
    return [bytes((number << 3 | _LENGTH_DELIMITED,)), _varint(sum(map(len, payload))), *payload]


def _varint(value: int) -> bytes:
    """Seven bits a byte, lowest first, the eighth set while more follow."""
    encoded = bytearray()
    while value >= _MORE:
        encoded.append(value % _MORE | _MORE)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _example(message: memoryview) -> dict[str, memoryview]:
    """Name and bytes of each feature of a `tf.train.Example`."""
    (entries,) = _payloads(message)
    named = (tuple(_payloads(entry)) for entry in _payloads(entries))
    return {bytes(name).decode(): _only(_only(feature)) for name, feature in named}


def _only(message: memoryview) -> memoryview:
    (payload,) = _payloads(message)
    return payload


def _payloads(message: memoryview) -> Iterator[memoryview]:
    """The fields of a message, all of which are length-delimited."""
    start = 0
    while start < len(message):
        start += 1  # the field's number and wire type: the order of fields is that of `record`
        length = shift = 0
        more = True
        while more:
            length |= (message[start] % _MORE) << shift
            more = message[start] >= _MORE
            shift += 7
            start += 1
        yield message[start : start + length]
        start += length
