"""TFRecord files of `tf.train.Example` in numpy, without TensorFlow, whose import takes 3 s.

Written by hand they are also the same bytes for the same content, which a protocol buffer's map does not
promise. The formats: https://www.tensorflow.org/tutorials/load_data/tfrecord (a record is its length, the
length's checksum, the data, the data's checksum) and https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78  # CRC-32C (Castagnoli), bits reflected
_MASK_DELTA = 0xA282EAD8  # TFRecord's masking of checksums that are stored beside what they check
_LENGTH_DELIMITED = 2  # the only wire type in an Example of bytes
_MORE = 0x80  # set in each byte of a varint but the last; the other seven bits count
_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")


def record(features: Mapping[str, bytes]) -> bytes:
    """One framed TFRecord with a `tf.train.Example` of bytes features, in the order given."""
    entries: list[bytes] = []
    for name, value in features.items():
        entries += _field(1, [*_field(1, [name.encode()]), *_field(2, _field(1, _field(1, [value])))])
    data = b"".join(_field(1, entries))
    length = struct.pack("<Q", len(data))
    return b"".join((length, _masked_crc32c(length), data, _masked_crc32c(data)))


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


def crc32c(data: bytes) -> int:
    """CRC-32C of at least four bytes.

    A message's checksum is linear in its bits, so the message may be folded: everything before its last
    2 ** k words, moved 2 ** k words on (a linear map of 32 bits, by two tables), is added to these words. All
    words of a fold are independent, which is what numpy is fast at; folds halve the message until one
    word is left.
    """
    words = _words(data)
    while len(words) > 1:
        distance = 1 << ((len(words) - 1).bit_length() - 1)
        head, words = words[:-distance], words[-distance:]
        words[-len(head) :] ^= _moved(head, distance)
    return int(_moved(words, 1)[0]) ^ 0xFFFFFFFF


def _masked_crc32c(data: bytes) -> bytes:
    checksum = crc32c(data)
    rotated = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return _CHECKSUM.pack((rotated + _MASK_DELTA) & 0xFFFFFFFF)


def _words(data: bytes) -> NDArray[np.uint32]:
    """The message with its first 32 bits inverted, as CRC-32C begins, after zeros, which do not count."""
    zeros = -len(data) % 4
    padded = np.zeros(zeros + len(data), np.uint8)
    padded[zeros:] = np.frombuffer(data, np.uint8)
    padded[zeros : zeros + 4] ^= 0xFF
    return padded.view("<u4")


def _moved(words: NDArray[np.uint32], distance: int) -> NDArray[np.uint32]:
    """What each word leaves in the checksum's register `distance` words later."""
    low, high = _move_tables(distance)
    halves = words.view("<u2")
    return low.take(halves[::2]) ^ high.take(halves[1::2])


@cache
def _move_tables(distance: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Results of a move by a power of two of words, for all low and all high halves of a word."""
    bits = np.left_shift(np.uint32(1), np.arange(32, dtype=np.uint32))
    if distance == 1:
        for _ in range(32):
            bits = np.where(bits & 1, bits >> 1 ^ _POLYNOMIAL, bits >> 1).astype(np.uint32)
    else:
        bits = _moved(_moved(bits, distance // 2), distance // 2)
    return _sums(bits[:16]), _sums(bits[16:])


def _sums(bits: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The sums (exclusive or) of every subset of 16 words, by the subset's number."""
    sums = np.zeros(1, np.uint32)
    for bit in bits:
        sums = np.concatenate((sums, sums ^ bit))
    return sums


def _field(number: int, payload: list[bytes]) -> list[bytes]:
    """A field in pieces, so that a payload of megabytes is joined once, not at every level."""
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
