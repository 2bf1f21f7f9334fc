"""What an Ogg Vorbis file says of itself (RFC 3533, Vorbis I specification), and whether it is whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from soundcheck.data.containers import UndecodableError, check_rate, not_audio

_PAGE_HEADER = struct.Struct("<4sBBqIIIB")
_CHECKSUM = slice(22, 26)
_BEGINS, _ENDS = 0x02, 0x04
_FULL_SEGMENT_BYTES = 255  # a packet goes on in the next segment
_NO_PACKET_ENDS = -1
_HEADERS = 3  # packets before the first with sound

_IDENTIFICATION = struct.Struct("<7sIBI12xBB")
_BLOCK_POWERS = range(6, 14)
_CODECS = {b"OpusHead": "Opus", b"\x7fFLAC": "FLAC", b"Speex   ": "Speex", b"\x80theora": "Theora"}

_BITS_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class VorbisStream:
    """What a Vorbis stream's identification header says."""

    sample_rate_hz: int
    channels: int
    longest_block: int


@dataclass(frozen=True)
class _Page:
    flags: int
    position: int
    stream: int
    number: int
    packets_ended: int
    body: memoryview


def read_vorbis_header(data: bytes) -> VorbisStream:
    """The identification header of an Ogg file that holds one Vorbis stream, all of it.

    The checksum and the number of every page are checked, and that the length which the pages give can be
    that of so many packets: libvorbisfile in tensorflow-io 0.37.1 allocates what they promise, and a
    negative length aborts the process.

    Raises:
        UndecodableError: not Ogg, not Vorbis, several streams, truncated or damaged.
    """
    pages = list(_pages(data))
    if not pages:
        raise not_audio(data, "Ogg")
    stream = _identification(pages[0])
    if any(page.stream != pages[0].stream or page.flags & _BEGINS for page in pages[1:]):
        raise UndecodableError("an Ogg file of several streams; only one can be read")
    if [page.number for page in pages] != list(range(pages[0].number, pages[0].number + len(pages))):
        raise UndecodableError("damaged: an Ogg page is missing")
    if not pages[-1].flags & _ENDS:
        raise UndecodableError("truncated: no Ogg page is marked as the last")
    _check_positions(pages, stream)
    return stream


def _pages(data: bytes) -> Iterator[_Page]:
    """Every page (RFC 3533, section 6): a header, a table of sizes, and as many bytes."""
    start = 0
    while data[start : start + 4] == b"OggS":
        if start + _PAGE_HEADER.size > len(data):
            raise UndecodableError("truncated: the last Ogg page is cut off")
        header = _PAGE_HEADER.unpack_from(data, start)
        _, version, flags, position, stream, number, checksum, segments = header
        body = start + _PAGE_HEADER.size + segments
        sizes = data[body - segments : body]
        end = body + sum(sizes)
        if end > len(data):
            raise UndecodableError("truncated: the last Ogg page is cut off")
        if version or checksum != page_checksum(data[start:end]):
            raise UndecodableError("damaged: an Ogg page's checksum is wrong")
        ended = sum(size < _FULL_SEGMENT_BYTES for size in sizes)
        yield _Page(flags, position, stream, number, ended, memoryview(data)[body:end])
        start = end
    if 0 < start < len(data):
        raise UndecodableError("damaged: an Ogg page does not begin where the last one ends")


def page_checksum(page: bytes) -> int:
    """The CRC-32 of an Ogg page, its own field taken as zeros: from the highest bit, from 0, not inverted.

    That is zlib's, of bytes whose bits are turned round.
    """
    zeroed = page[: _CHECKSUM.start] + bytes(4) + page[_CHECKSUM.stop :]
    turned = zlib.crc32(zeroed.translate(_BITS_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_BITS_REVERSED), "big")


def _identification(page: _Page) -> VorbisStream:
    """From the first page, which holds that header alone (Vorbis I, sections 4.2.2 and A.2)."""
    body = bytes(page.body)
    if not body.startswith(b"\x01vorbis") or len(body) != _IDENTIFICATION.size:
        kind = next((name for magic, name in _CODECS.items() if body.startswith(magic)), "something else")
        raise UndecodableError(f"an Ogg file that holds {kind}, not Vorbis; convert it")
    _, version, channels, rate_hz, block_powers, framing = _IDENTIFICATION.unpack(body)
    short, long = block_powers & 0xF, block_powers >> 4
    blocks_valid = short in _BLOCK_POWERS and long in _BLOCK_POWERS and short <= long
    if version or not channels or not framing & 1 or not blocks_valid:
        raise UndecodableError("damaged: the Vorbis header is not valid")
    return VorbisStream(check_rate(rate_hz), channels, 2**long)


def _check_positions(pages: list[_Page], stream: VorbisStream) -> None:
    """A position counts the samples up to the last packet that ends on its page (Vorbis I, section A.2).

    It starts anywhere, where a stream was cut out of a longer one. A packet gives a quarter of its block
    and a quarter of the one before (section 4.3.8), so half a longest one at most.
    """
    packets = accumulate(page.packets_ended for page in pages)
    sound = [(count, page.position) for count, page in zip(packets, pages, strict=True) if count > _HEADERS]
    positions = [position for _, position in sound if position != _NO_PACKET_ENDS]
    if not positions or positions[-1] == 0:
        raise UndecodableError("no samples")
    most = (sound[-1][0] - _HEADERS) * stream.longest_block // 2
    if positions != sorted(positions) or positions[0] < 0 or positions[-1] - positions[0] > most:
        raise UndecodableError("damaged: the Ogg pages give a length that they do not hold")
