"""The strict reading of WAV."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundcheck.data.containers import Decoded, UndecodableError, bounded, check_rate, not_audio

_CHUNK_HEADER_BYTES = 8
_FORMAT_BYTES = 16
_PCM = 0x0001
_FLOAT = 0x0003
_EXTENSIBLE = 0xFFFE
_EXTENSIBLE_FORMAT_BYTES = 40
_SUBTYPE_TAIL = bytes.fromhex("000000001000800000aa00389b71")  # of KSDATAFORMAT_SUBTYPE_PCM and _FLOAT
_ENCODING_NAMES = {
    0x0002: "Microsoft ADPCM",
    0x0006: "A-law",
    0x0007: "mu-law",
    0x0011: "IMA ADPCM",
    0x0031: "GSM 6.10",
    0x0055: "MP3",
    0xFFFE: "a subtype of its own",
}

# What programs put for the size when they write to a pipe and cannot know it: sox 0x7FFFF000 (less the
# rest of a frame), arecord 0x80000000, ffmpeg 0xFFFFFFFF.
_SIZE_UNKNOWN_FROM = 0x7FFF0000
_TAGS = (b"ID3", b"TAG")  # put behind the samples by music software, outside of any chunk


@dataclass(frozen=True)
class _WaveFormat:
    encoding: int
    channels: int
    sample_rate_hz: int
    container_bits: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.container_bits // 8


def read_wav(data: bytes) -> Decoded:
    """The sound in a WAV file.

    PCM of up to 8, 16, 24 or 32 bits and IEEE floats of 32 or 64, plain or WAVE_FORMAT_EXTENSIBLE; `bits`
    are the valid ones of a sample, which stand at the top of its bytes. Floats a little over full scale
    are cut to it, as a sound card would. The size in the RIFF header is not looked at, as no player does;
    samples whose size was not known when the header was written to a pipe reach to the end of the file.

    Raises:
        UndecodableError: not WAV, another encoding, truncated, more samples than the header says, or
            samples that are not finite.
    """
    if data[:4] in (b"RIFX", b"RF64", b"BW64"):
        raise UndecodableError(f"WAV of the kind {data[:4].decode()} is not read; convert it to plain WAV")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise not_audio(data, "WAV")
    wave_format, start, size = _chunks(data)
    size = _checked_size(data, wave_format, start, size)
    samples = _SAMPLE_READERS[wave_format.encoding, wave_format.container_bits](
        memoryview(data)[start : start + size]
    )
    return Decoded(samples.reshape(-1, wave_format.channels), wave_format.sample_rate_hz, wave_format.bits)


def _chunks(data: bytes) -> tuple[_WaveFormat, int, int]:
    """The format, and where the samples start and how many bytes they are said to take."""
    wave_format: _WaveFormat | None = None
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        position += 8
        if name == b"fmt ":
            wave_format = _wave_format(data[position : position + size])
        elif name == b"data":
            if wave_format is None:
                raise UndecodableError("damaged: the samples come before their format")
            return wave_format, position, size
        position += size + size % 2  # chunks are padded to an even length
    missing = "samples" if wave_format else "format"
    raise UndecodableError(f"truncated: the file ends before its {missing}")


def _wave_format(chunk: bytes) -> _WaveFormat:
    if len(chunk) < _FORMAT_BYTES:
        raise UndecodableError("truncated: the file ends within its format")
    encoding, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    container_bits = bits + -bits % 8
    if encoding == _EXTENSIBLE and chunk[26:_EXTENSIBLE_FORMAT_BYTES] == _SUBTYPE_TAIL:
        valid_bits, encoding = struct.unpack_from("<H4xH", chunk, 18)
        bits = valid_bits or bits
    if encoding not in (_PCM, _FLOAT):
        name = _ENCODING_NAMES.get(encoding, "unknown")
        raise UndecodableError(f"WAV encoding 0x{encoding:04x} ({name}) is neither PCM nor IEEE float")
    if (
        (encoding, container_bits) not in _SAMPLE_READERS
        or channels == 0
        or frame_bytes != channels * container_bits // 8
        or bits > container_bits
    ):
        raise UndecodableError(
            f"damaged: the format gives {channels} channels of {bits} bits in {frame_bytes} bytes"
        )
    return _WaveFormat(encoding, channels, check_rate(rate_hz), container_bits, bits)


def _checked_size(data: bytes, wave_format: _WaveFormat, start: int, size: int) -> int:
    """The bytes that the samples take, where header and file agree."""
    held, frame_bytes = len(data) - start, wave_format.frame_bytes
    if size >= _SIZE_UNKNOWN_FROM:
        return held - held % frame_bytes
    if held < size:
        raise UndecodableError(
            f"truncated: the header promises {size // frame_bytes} frames, "
            f"the file holds {held // frame_bytes}"
        )
    if size % frame_bytes:
        raise UndecodableError("damaged: the samples are not a whole number of frames")
    if not _ends_well(data, start + size):
        raise UndecodableError(
            f"damaged: the header promises {size // frame_bytes} frames, "
            f"{held - size} bytes that belong to nothing follow"
        )
    return size


def _ends_well(data: bytes, position: int) -> bool:
    """Whether the samples are followed by nothing, by padding, by another chunk or by a tag.

    A chunk is known by its name, of four printable characters; not all programs begin it at an even place.
    """
    names = (data[start : start + 4] for start in (position, position + position % 2))
    return (
        len(data) - position < _CHUNK_HEADER_BYTES
        or data.startswith(_TAGS, position)
        or any(name.isascii() and name.decode().isprintable() for name in names)
        or not any(data[position:])
    )


def _read_8_bit(data: memoryview) -> NDArray[np.float32]:
    return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) * np.float32(2**-7)  # unsigned


def _read_16_bit(data: memoryview) -> NDArray[np.float32]:
    return np.multiply(np.frombuffer(data, "<i2"), np.float32(2**-15), dtype=np.float32)


def _read_24_bit(data: memoryview) -> NDArray[np.float32]:
    widened = np.zeros((len(data) // 3, 4), np.uint8)
    widened[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return _read_32_bit(widened.data.cast("B"))


def _read_32_bit(data: memoryview) -> NDArray[np.float32]:
    return np.frombuffer(data, "<i4").astype(np.float32) * np.float32(2**-31)


def _read_float(data: memoryview) -> NDArray[np.float32]:
    return bounded(np.frombuffer(data, "<f4"))


def _read_double(data: memoryview) -> NDArray[np.float32]:
    return bounded(np.frombuffer(data, "<f8"))


_SAMPLE_READERS: Mapping[tuple[int, int], Callable[[memoryview], NDArray[np.float32]]] = {
    (_PCM, 8): _read_8_bit,
    (_PCM, 16): _read_16_bit,
    (_PCM, 24): _read_24_bit,
    (_PCM, 32): _read_32_bit,
    (_FLOAT, 32): _read_float,
    (_FLOAT, 64): _read_double,
}
