"""What an MP3 file says of itself (ISO/IEC 11172-3 and 13818-3, layer III), and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass

from soundcheck.data.containers import UndecodableError, not_audio

_ID3_HEADER_BYTES = 10
_TAGS_BEHIND = (b"TAG", b"ID3", b"3DI", b"APETAGEX", b"LYRICSBEGIN")

_SYNC_MASK, _SYNC = 0xFFE60000, 0xFFE20000  # eleven ones, and layer III
_MPEG_1 = 3
_MONO = 3
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version
_BIT_RATES_KBPS = {  # by whether it is MPEG 1; code 0 is free format
    True: dict(enumerate((32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320), 1)),
    False: dict(enumerate((8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160), 1)),
}

# An encoder's count of frames stands at most behind a header, a CRC, 32 bytes, a name and flags.
_LONGEST_COUNT_BYTES = 4 + 2 + 32 + 4 + 4 + 4
_COUNTS_FRAMES = 0x1


@dataclass(frozen=True)
class Mp3Stream:
    """What an MP3 file's frames say."""

    sample_rate_hz: int
    channels: int


def read_mp3_header(data: bytes) -> Mp3Stream:
    """The stream in an MP3 file, each of whose frames begins where the last one ends.

    Before the first there may be an ID3v2 tag, behind the last any tag. Where the first is that of an
    encoder (`Xing` or `Info`) which counts the others, at least so many are there.

    Raises:
        UndecodableError: no frame of layer III where the first one belongs, truncated, damaged, or of free
            format.
    """
    position = start = _audio_start(data)
    stream = _stream(_header(data, start))
    if stream is None:
        raise not_audio(data, "MP3")
    frames = 0
    while not _behind_audio(data, position):
        header = _header(data, position)
        if _stream(header) != stream:
            raise UndecodableError("damaged: an MP3 frame does not begin where the last one ends")
        position += _frame_bytes(header, stream.sample_rate_hz)
        frames += 1
    if position > len(data):
        raise UndecodableError("truncated: the last MP3 frame is cut off")
    promised = _promised_frames(data[start : start + _LONGEST_COUNT_BYTES])
    if promised > frames - 1:
        raise UndecodableError(
            f"truncated: the header promises {promised} MP3 frames, the file holds {frames - 1}"
        )
    return stream


def _audio_start(data: bytes) -> int:
    """Behind an ID3v2 tag, whose length counts in seven bits a byte, and the zeros that may pad it."""
    start = 0
    if data[:3] == b"ID3" and len(data) >= _ID3_HEADER_BYTES:
        first, second, third, fourth = data[6:10]
        start = _ID3_HEADER_BYTES + (first << 21 | second << 14 | third << 7 | fourth)
    while data[start : start + 1] == b"\0":
        start += 1
    if start >= len(data):
        raise UndecodableError("truncated: the file ends before its first MP3 frame")
    return start


def _header(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "big")


def _stream(header: int) -> Mp3Stream | None:
    """What a frame's header says of the stream; None where it is no header of layer III."""
    rates_hz, rate = _RATES_HZ.get(header >> 19 & 3, ()), header >> 10 & 3
    if header & _SYNC_MASK != _SYNC or rate >= len(rates_hz):
        return None
    return Mp3Stream(rates_hz[rate], 1 if header >> 6 & 3 == _MONO else 2)


def _behind_audio(data: bytes, position: int) -> bool:
    """Whether nothing but a tag or padding follows."""
    return (
        position >= len(data)
        or data.startswith(_TAGS_BEHIND, position)
        or (data[position] == 0 and not any(data[position:]))
    )


def _frame_bytes(header: int, sample_rate_hz: int) -> int:
    mpeg_1 = header >> 19 & 3 == _MPEG_1
    bit_rate = _BIT_RATES_KBPS[mpeg_1].get(header >> 12 & 0xF)
    if bit_rate is None:
        raise UndecodableError("damaged: an MP3 frame has no valid bit rate")
    padding = header >> 9 & 1
    return (144_000 if mpeg_1 else 72_000) * bit_rate // sample_rate_hz + padding


def _promised_frames(first_frame: bytes) -> int:
    """The frames behind the first one, where that is an encoder's and counts them; else 0."""
    for name in (b"Xing", b"Info"):
        place = first_frame.find(name)
        if place >= 0 and int.from_bytes(first_frame[place + 4 : place + 8], "big") & _COUNTS_FRAMES:
            return int.from_bytes(first_frame[place + 8 : place + 12], "big")
    return 0
