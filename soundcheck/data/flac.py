"""What a FLAC file says of itself (RFC 9639), checked so far that libFLAC will read all of it.

libFLAC's reader in tensorflow-io 0.37.1 never returns where a frame that was promised is left out, and it
leaves out every frame that it finds damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from soundcheck.data.containers import UndecodableError, check_rate, not_audio

_HEADER_BYTES = 42  # the magic, a block header, STREAMINFO
_SHORTEST_FRAME_BYTES = 9

_FIXED_BLOCKS, _VARIABLE_BLOCKS = b"\xff\xf8", b"\xff\xf9"
_CRC16, _CRC8 = 0x8005, 0x07

# By the codes in a frame's header (section 9.1). 0 says "as in STREAMINFO"; sizes of -1 and -2 say that the
# size is in so many bytes behind the frame's number. Channels 8 to 10 are ways to store a stereo pair.
_BLOCK_SIZES = (0, 192, 576, 1152, 2304, 4608, -1, -2, *(2**power for power in range(8, 16)))
_CHANNELS = {**{code: code + 1 for code in range(8)}, 8: 2, 9: 2, 10: 2}
_BITS = {0: 0, 1: 8, 2: 12, 4: 16, 5: 20, 6: 24, 7: 32}
_RATES_HZ = dict(enumerate((0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)))
_RATE_UNITS_HZ = {12: (1, 1000), 13: (2, 1), 14: (2, 10)}  # bytes behind the block size, and what they count


@dataclass(frozen=True)
class FlacStream:
    """What a FLAC file's STREAMINFO says."""

    sample_rate_hz: int
    channels: int
    bits: int
    frames: int


def read_flac_header(data: bytes) -> FlacStream:
    """The STREAMINFO of a FLAC file (section 8.2), all of whose frames are whole and agree with it.

    The checksums of each frame and of its header are checked, and the frames' samples are counted.

    Raises:
        UndecodableError: not FLAC, truncated, damaged, or without its length.
    """
    if data[:4] != b"fLaC" or len(data) < _HEADER_BYTES or data[4] & 0x7F != 0:
        raise not_audio(data, "FLAC")
    packed = int.from_bytes(data[18:26], "big")  # 20 bits rate, 3 channels - 1, 5 bits - 1, 36 frames
    stream = FlacStream(
        check_rate(packed >> 44), (packed >> 41 & 0x7) + 1, (packed >> 36 & 0x1F) + 1, packed & (1 << 36) - 1
    )
    held = 0
    for number, frame in enumerate(_frames(data, _audio_start(data))):
        held += _checked_block_size(frame, stream, number, held)
    if stream.frames == 0 and held:
        raise UndecodableError("the header does not say how many frames there are; encode it anew")
    if held != stream.frames:
        raise UndecodableError(
            f"truncated: the header promises {stream.frames} frames, the file holds {held}"
        )
    return stream


def _audio_start(data: bytes) -> int:
    position, last = 4, False
    while not last:
        if position + 4 > len(data):
            raise UndecodableError("truncated: the file ends within its FLAC header")
        last = bool(data[position] & 0x80)
        position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
    return position


def _frames(data: bytes, start: int) -> Iterator[memoryview]:
    """Every frame. One ends where its CRC-16, itself included, comes to 0 and another begins."""
    table = _remainders(16, _CRC16)
    view = memoryview(data)
    remainder = 0
    for position, byte in enumerate(view[start:], start + 1):
        remainder = (remainder << 8 & 0xFF00) ^ table[remainder >> 8 ^ byte]
        if remainder == 0 and position - start > _SHORTEST_FRAME_BYTES and _begins(data, position):
            yield view[start:position]
            start = position
    if start != len(data):
        raise UndecodableError("damaged: a FLAC frame is cut off or its checksum is wrong")


def _begins(data: bytes, position: int) -> bool:
    return position == len(data) or data[position : position + 2] in (_FIXED_BLOCKS, _VARIABLE_BLOCKS)


def _checked_block_size(frame: memoryview, stream: FlacStream, number: int, held: int) -> int:
    """Samples a channel in a frame whose header (section 9.1) agrees with the stream and with its place."""
    size_code, rate_code = frame[2] >> 4, frame[2] & 0xF
    channels_code, bits_code = frame[3] >> 4, frame[3] >> 1 & 0x7
    counted, end = _coded_number(frame)
    size = _BLOCK_SIZES[size_code]
    if size < 0:
        start, end = end, end - size
        size = int.from_bytes(frame[start:end], "big") + 1
    rate_hz = _RATES_HZ.get(rate_code, -1)
    if rate_code in _RATE_UNITS_HZ:
        length, unit_hz = _RATE_UNITS_HZ[rate_code]
        start, end = end, end + length
        rate_hz = int.from_bytes(frame[start:end], "big") * unit_hz
    agrees = (
        frame[:2] == (_VARIABLE_BLOCKS if frame[1] & 1 else _FIXED_BLOCKS)
        and size > 0
        and rate_hz in (0, stream.sample_rate_hz)
        and _CHANNELS.get(channels_code) == stream.channels
        and _BITS.get(bits_code) in (0, stream.bits)
        and counted == (held if frame[1] & 1 else number)
        and _header_remainder(frame[: end + 1]) == 0
    )
    if not agrees:
        raise UndecodableError("damaged: a FLAC frame is missing or disagrees with the header")
    return size


def _coded_number(frame: memoryview) -> tuple[int, int]:
    """The number in a frame's header, coded as UTF-8 codes a character, and where it ends."""
    length = max(1, 8 - (frame[4] ^ 0xFF).bit_length())
    number = frame[4] & (0x7F >> (length if length > 1 else 0))
    for byte in frame[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    return number, 4 + length


def _header_remainder(header: memoryview) -> int:
    """What CRC-8 leaves of a frame's header, its own byte included: 0 where the header is whole."""
    table = _remainders(8, _CRC8)
    remainder = 0
    for byte in header:
        remainder = table[remainder ^ byte]
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
