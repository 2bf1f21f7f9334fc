"""What the files themselves say: the strict reading of WAV, and the headers of FLAC, Ogg Vorbis and MP3.

Nothing here needs more than numpy, so that WAV, the usual case, never waits for TensorFlow.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

LOWEST_RATE_HZ = 1000
HIGHEST_RATE_HZ = 768_000

_FORMAT_BYTES = 16
_PCM = 0x0001
_FLOAT = 0x0003
_EXTENSIBLE = 0xFFFE
_SUBTYPE_TAIL = bytes.fromhex("000000001000800000aa00389b71")  # of KSDATAFORMAT_SUBTYPE_PCM and _FLOAT
_HIGHEST_FLOAT = 16.0  # 24 dB over full scale: beyond it the numbers are not on a scale of 1

_FLAC_HEADER_BYTES = 42  # the magic, a block header, STREAMINFO
_FLAC_SHORTEST_FRAME_BYTES = 9
_FLAC_CHANNELS = (1, 2, 3, 4, 5, 6, 7, 8, 2, 2, 2, 0, 0, 0, 0, 0)  # 8 to 10: ways to store a stereo pair
_FLAC_BLOCK_SIZES = (0, 192, 576, 1152, 2304, 4608, -1, -2, *(2**power for power in range(8, 16)))

_OGG_HEADER_BYTES = 27

_ID3_HEADER_BYTES = 10
_MP3_SYNC_MASK, _MP3_SYNC = 0xFFE60000, 0xFFE20000  # eleven ones, and layer III
_MP3_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version


class UndecodableError(ValueError):
    """Bytes that are not a whole, sound audio file; the message is the reason in plain words."""


@dataclass(frozen=True)
class FlacStream:
    """What a FLAC file's STREAMINFO says."""

    sample_rate_hz: int
    bits: int
    frames: int


@dataclass(frozen=True)
class _WaveFormat:
    encoding: int
    channels: int
    sample_rate_hz: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8


def check_rate(sample_rate_hz: int) -> int:
    """The rate, where it is one that sound can have: outside it, a header is damaged.

    Raises:
        UndecodableError: below 1 kHz or above 768 kHz.
    """
    if not LOWEST_RATE_HZ <= sample_rate_hz <= HIGHEST_RATE_HZ:
        raise UndecodableError(f"damaged: the header gives a sample rate of {sample_rate_hz} Hz")
    return sample_rate_hz


def read_wav(data: bytes) -> tuple[NDArray[np.float32], int]:
    """Samples (frames, channels), full scale = 1, and the sample rate in Hz of a WAV file.

    PCM of 8, 16, 24 or 32 bits and IEEE floats of 32 or 64, plain or WAVE_FORMAT_EXTENSIBLE. Floats a
    little over full scale are cut to it, as a sound card would.

    Raises:
        UndecodableError: not WAV, another encoding, truncated, or samples that are not finite.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise UndecodableError("not audio: there is no RIFF/WAVE header")
    wave_format, start, size = _chunks(data)
    held = min(size, len(data) - start)
    if held < size:
        raise UndecodableError(
            f"truncated: the header promises {size // wave_format.frame_bytes} frames, "
            f"the file holds {held // wave_format.frame_bytes}"
        )
    if size % wave_format.frame_bytes:
        raise UndecodableError("damaged: the samples are not a whole number of frames")
    samples = _samples(memoryview(data)[start : start + size], wave_format)
    return samples.reshape(-1, wave_format.channels), wave_format.sample_rate_hz


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
    if encoding == _EXTENSIBLE and chunk[26:40] == _SUBTYPE_TAIL:
        encoding = int.from_bytes(chunk[24:26], "little")
    if encoding not in (_PCM, _FLOAT):
        raise UndecodableError(f"WAV encoding 0x{encoding:04x} is neither PCM nor IEEE float")
    if (encoding, bits) not in _SAMPLE_READERS or channels == 0 or frame_bytes != channels * bits // 8:
        raise UndecodableError(
            f"damaged: the format gives {channels} channels of {bits} bits in {frame_bytes} bytes"
        )
    return _WaveFormat(encoding, channels, check_rate(rate_hz), bits)


def _samples(data: memoryview, wave_format: _WaveFormat) -> NDArray[np.float32]:
    return _SAMPLE_READERS[wave_format.encoding, wave_format.bits](data)


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


def bounded(samples: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float32]:
    """Floating-point samples as float32, cut to [-1, 1].

    Raises:
        UndecodableError: a sample is not finite, or so far over full scale that the scale is not 1.
    """
    if not np.isfinite(samples).all():
        raise UndecodableError("damaged: some samples are not finite numbers")
    highest = float(np.abs(samples).max(initial=0.0))
    if highest > _HIGHEST_FLOAT:
        raise UndecodableError(f"floating-point samples reach {highest:g}; full scale is 1")
    return np.clip(samples, -1.0, 1.0).astype(np.float32)


def read_flac_header(data: bytes) -> FlacStream:
    """The STREAMINFO of a FLAC file (RFC 9639, section 8.2), all of whose frames are whole.

    Each frame's CRC-16 is checked and the frames' samples are counted: libFLAC's reader in
    tensorflow-io 0.37.1 never returns from some damaged files.

    Raises:
        UndecodableError: not FLAC, truncated or damaged.
    """
    if data[:4] != b"fLaC" or len(data) < _FLAC_HEADER_BYTES or data[4] & 0x7F != 0:
        raise UndecodableError("not audio: there is no FLAC header")
    packed = int.from_bytes(data[18:26], "big")  # 20 bits rate, 3 channels - 1, 5 bits - 1, 36 frames
    stream = FlacStream(check_rate(packed >> 44), (packed >> 36 & 0x1F) + 1, packed & (1 << 36) - 1)
    channels = (packed >> 41 & 0x7) + 1
    held = 0
    for header in _flac_frames(data, _flac_audio_start(data)):
        if _FLAC_CHANNELS[header[3] >> 4] != channels:
            raise UndecodableError("damaged: a FLAC frame disagrees with the header")
        held += _flac_block_size(header)
    if held != stream.frames:
        raise UndecodableError(
            f"truncated: the header promises {stream.frames} frames, the file holds {held}"
        )
    return stream


def _flac_audio_start(data: bytes) -> int:
    position, last = 4, False
    while not last:
        if position + 4 > len(data):
            raise UndecodableError("truncated: the file ends within its FLAC header")
        last = bool(data[position] & 0x80)
        position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
    return position


def _flac_frames(data: bytes, start: int) -> list[bytes]:
    """The first 16 bytes of every frame. A frame ends where its CRC-16, itself included, comes to 0."""
    headers: list[bytes] = []
    table = _crc16_table()
    remainder = 0
    for position in range(start, len(data)):
        remainder = (remainder << 8 & 0xFFFF) ^ table[remainder >> 8 ^ data[position]]
        if (
            remainder == 0
            and _flac_sync(data, position + 1)
            and position - start >= _FLAC_SHORTEST_FRAME_BYTES
        ):
            headers.append(data[start : start + 16])
            start = position + 1
    if start != len(data):
        raise UndecodableError("damaged: a FLAC frame is cut off or its checksum is wrong")
    return headers


def _flac_sync(data: bytes, position: int) -> bool:
    return position == len(data) or data[position : position + 2] in (b"\xff\xf8", b"\xff\xf9")


def _flac_block_size(header: bytes) -> int:
    """Samples a channel in a frame (RFC 9639, section 9.1.1)."""
    size = _FLAC_BLOCK_SIZES[header[2] >> 4]
    if size >= 0:
        return size
    number_bytes = max(1, 8 - (header[4] ^ 0xFF).bit_length())  # the frame's number is coded as in UTF-8
    return int.from_bytes(header[4 + number_bytes :][:-size], "big") + 1


@cache
def _crc16_table() -> tuple[int, ...]:
    """CRC-16 of one byte, polynomial x^16 + x^15 + x^2 + 1."""
    table: list[int] = []
    for byte in range(256):
        remainder = byte << 8
        for _ in range(8):
            remainder = (remainder << 1 ^ (0x8005 if remainder & 0x8000 else 0)) & 0xFFFF
        table.append(remainder)
    return tuple(table)


def read_vorbis_rate(data: bytes) -> int:
    """The sample rate in Hz of an Ogg Vorbis file, from its identification header.

    Raises:
        UndecodableError: not Ogg, not Vorbis, truncated.
    """
    if data[:4] != b"OggS":
        raise UndecodableError("not audio: there is no Ogg header")
    _check_ogg_pages(data)
    start = data[:512].find(b"\x01vorbis")
    if start < 0 or len(data) < start + 16:
        raise UndecodableError("an Ogg file that does not hold Vorbis")
    return check_rate(int.from_bytes(data[start + 12 : start + 16], "little"))


def _check_ogg_pages(data: bytes) -> None:
    """Every page is whole (RFC 3533, section 6): a header, a table of sizes, and as many bytes."""
    position = 0
    while position < len(data):
        table_start = position + _OGG_HEADER_BYTES
        if data[position : position + 4] != b"OggS" or table_start > len(data):
            raise UndecodableError("damaged: an Ogg page does not begin where the last one ends")
        sizes = data[table_start : table_start + data[table_start - 1]]
        position = table_start + len(sizes) + sum(sizes)
    if position > len(data):
        raise UndecodableError("truncated: the last Ogg page is cut off")


def read_mp3_rate(data: bytes) -> int:
    """The sample rate in Hz of an MP3 file, from its first frame, after an ID3v2 tag if there is one.

    Raises:
        UndecodableError: no MPEG audio frame of layer III where the first one belongs.
    """
    audio = data[_id3_bytes(data) :].lstrip(b"\0")  # a tag may be padded
    header = int.from_bytes(audio[:4], "big")
    if header & _MP3_SYNC_MASK != _MP3_SYNC:
        raise UndecodableError("not audio: there is no MP3 frame")
    rates_hz = _MP3_RATES_HZ.get(header >> 19 & 3, ())
    rate = header >> 10 & 3
    if rate >= len(rates_hz):
        raise UndecodableError("not audio: the first MP3 frame has no valid sample rate")
    return rates_hz[rate]


def _id3_bytes(data: bytes) -> int:
    """The length of an ID3v2 tag at the start, which counts in seven bits a byte."""
    if data[:3] != b"ID3" or len(data) < _ID3_HEADER_BYTES:
        return 0
    first, second, third, fourth = data[6:10]
    return _ID3_HEADER_BYTES + (first << 21 | second << 14 | third << 7 | fourth)
