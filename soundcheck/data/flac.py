"""What a FLAC file says of itself (RFC 9639), whether it is whole, and what of it is safe to decode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from soundcheck.data.containers import UndecodableError, check_rate, not_audio

_HEADER_BYTES = 42  # the magic, a block header, STREAMINFO
_STREAMINFO_BYTES = b"\0\0\x22"
_RATE_TO_LENGTH = slice(18, 26)  # 20 bits rate, 3 channels - 1, 5 bits - 1, 36 frames
_LENGTH_BITS = 36

_SHORTEST_FRAME_BYTES = 9
_LONGEST_HEADER_BYTES = 16
_SYNC = _FIXED_BLOCKS, _VARIABLE_BLOCKS = b"\xff\xf8", b"\xff\xf9"
_CRC8, _CRC16 = (8, 0x07), (16, 0x8005)

# By the codes in a frame's header (section 9.1). 0 says "as in STREAMINFO"; sizes of -1 and -2 say that the
# size is in so many bytes behind the frame's number. Channels 8 to 10 are ways to store a stereo pair.
_BLOCK_SIZES = (0, 192, 576, 1152, 2304, 4608, -1, -2, *(2**power for power in range(8, 16)))
_CHANNELS = {**{code: code + 1 for code in range(8)}, 8: 2, 9: 2, 10: 2}
_BITS = {0: 0, 1: 8, 2: 12, 4: 16, 5: 20, 6: 24, 7: 32}
_RATES_HZ = dict(enumerate((0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)))
_RATE_UNITS_HZ = {12: (1, 1000), 13: (2, 1), 14: (2, 10)}  # bytes behind the block size, and what they count


@dataclass(frozen=True)
class FlacStream:
    """What a FLAC file says of its sound."""

    sample_rate_hz: int
    channels: int
    bits: int
    frames: int
    longest_block: int


@dataclass(frozen=True)
class _FrameHeader:
    """Of one frame of FLAC (section 9.1), which holds `size` samples a channel."""

    variable: bool
    number: int
    size: int
    sample_rate_hz: int
    channels: int
    bits: int


def read_flac_header(data: bytes) -> FlacStream:
    """The STREAMINFO of a FLAC file (section 8.2), all of whose frames are whole and agree with it.

    The checksums of each frame and of its header are checked, and the frames' samples are counted; the
    count stands in where STREAMINFO, written to a pipe, has none.

    Raises:
        UndecodableError: not FLAC, truncated or damaged.
    """
    if data[:4] != b"fLaC" or len(data) < _HEADER_BYTES or data[4] & 0x7F or data[5:8] != _STREAMINFO_BYTES:
        raise not_audio(data, "FLAC")
    packed = int.from_bytes(data[_RATE_TO_LENGTH], "big")
    rate_hz, channels = check_rate(packed >> 44), (packed >> 41 & 0x7) + 1
    bits, promised = (packed >> _LENGTH_BITS & 0x1F) + 1, packed & (1 << _LENGTH_BITS) - 1
    held = longest_block = 0
    for place, frame in enumerate(_frames(data, _audio_start(data))):
        header = _frame_header(frame)
        sound = (header.sample_rate_hz or rate_hz, header.channels, header.bits or bits)
        if sound != (rate_hz, channels, bits) or header.number != (held if header.variable else place):
            raise UndecodableError("damaged: a FLAC frame is missing or disagrees with the header")
        held, longest_block = held + header.size, max(longest_block, header.size)
    if promised not in (0, held):
        raise UndecodableError(f"truncated: the header promises {promised} frames, the file holds {held}")
    return FlacStream(rate_hz, channels, bits, held, longest_block)


def safe_to_decode(data: bytes, stream: FlacStream) -> bytes:
    """The same sound without its metadata, and behind it frames at which a decoder stops.

    tensorflow-io 0.37.1 asks libFLAC for one frame after the other until it has all that were promised.
    libFLAC leaves out a frame that it finds damaged (a right checksum does not rule that out), and at the
    end of the data it answers without a frame and without an error: tensorflow-io would ask for ever. At a
    frame out of sequence it gives up. A damaged frame may be read on beyond its end, at most by a frame out
    of sequence and four bytes for each of its samples: there are more of them.
    """
    packed = int.from_bytes(data[_RATE_TO_LENGTH], "big") >> _LENGTH_BITS << _LENGTH_BITS | stream.frames
    header = b"fLaC\x80" + data[5 : _RATE_TO_LENGTH.start] + packed.to_bytes(8, "big")
    stops = _out_of_sequence(stream) * (2 * stream.channels * stream.longest_block)
    return header + data[_RATE_TO_LENGTH.stop : _HEADER_BYTES] + data[_audio_start(data) :] + stops


def _out_of_sequence(stream: FlacStream) -> bytes:
    """A frame of 192 zeros (section 9), sound but for its number: the last that there is."""
    header = _VARIABLE_BLOCKS + bytes([0x10, stream.channels - 1 << 4]) + b"\xfe" + 6 * b"\xbf"
    header += bytes([_remainder(header, *_CRC8)])
    frame = header + bytes((stream.channels * (8 + stream.bits) + 7) // 8)  # a channel: its kind, one value
    return frame + _remainder(frame, *_CRC16).to_bytes(2, "big")


def _audio_start(data: bytes) -> int:
    position, last = 4, False
    while not last:
        if position + 4 > len(data):
            raise UndecodableError("truncated: the file ends within its FLAC header")
        last = bool(data[position] & 0x80)
        position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
    return position


def _frames(data: bytes, start: int) -> Iterator[bytes]:
    """Every frame. One ends where its CRC-16, itself included, comes to 0 and another begins."""
    table = _remainders(*_CRC16)
    remainder = 0
    for position, byte in enumerate(memoryview(data)[start:], start + 1):
        remainder = (remainder << 8 & 0xFF00) ^ table[remainder >> 8 ^ byte]
        if remainder == 0 and position - start > _SHORTEST_FRAME_BYTES and _begins(data, position):
            yield data[start:position]
            start = position
    if start != len(data):
        raise UndecodableError("damaged: a FLAC frame is cut off or its checksum is wrong")


def _begins(data: bytes, position: int) -> bool:
    """Whether the data end there, or a frame with a valid header begins: a sync code alone may be chance."""
    if position == len(data):
        return True
    header = data[position : position + _LONGEST_HEADER_BYTES]
    if header[:2] not in _SYNC or len(header) < _SHORTEST_FRAME_BYTES:
        return False
    try:
        _frame_header(header)
    except UndecodableError:
        return False
    return True


def _frame_header(frame: bytes) -> _FrameHeader:
    number, end = _coded_number(frame)
    size, rate_hz = _BLOCK_SIZES[frame[2] >> 4], _RATES_HZ.get(frame[2] & 0xF, 0)
    if size < 0:
        start, end = end, end - size
        size = int.from_bytes(frame[start:end], "big") + 1
    if unit := _RATE_UNITS_HZ.get(frame[2] & 0xF):
        start, end = end, end + unit[0]
        rate_hz = int.from_bytes(frame[start:end], "big") * unit[1]
    header = frame[: end + 1]
    if header[:2] not in _SYNC or size == 0 or _remainder(header, *_CRC8):
        raise UndecodableError("damaged: a FLAC frame's header is not valid")
    channels, bits = _CHANNELS.get(frame[3] >> 4, -1), _BITS.get(frame[3] >> 1 & 0x7, -1)
    return _FrameHeader(bool(frame[1] & 1), number, size, rate_hz, channels, bits)


def _coded_number(frame: bytes) -> tuple[int, int]:
    """The number in a frame's header, coded as UTF-8 codes a character, and where it ends."""
    length = max(1, 8 - (frame[4] ^ 0xFF).bit_length())
    number = frame[4] & (0x7F >> (length if length > 1 else 0))
    for byte in frame[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    return number, 4 + length


def _remainder(data: bytes, bits: int, polynomial: int) -> int:
    """The CRC of data; 0 where they end in their own."""
    table, mask = _remainders(bits, polynomial), (1 << bits) - 1
    remainder = 0
    for byte in data:
        remainder = (remainder << 8 & mask) ^ table[remainder >> (bits - 8) ^ byte]
    return remainder


@cache
def _remainders(bits: int, polynomial: int) -> tuple[int, ...]:
    """The CRC of every single byte."""
    top, mask = 1 << (bits - 1), (1 << bits) - 1
    table: list[int] = []
    for byte in range(256):
        remainder = byte << (bits - 8)
        for _ in range(8):
            remainder = (remainder << 1 ^ (polynomial if remainder & top else 0)) & mask
        table.append(remainder)
    return tuple(table)
