"""Audio files made byte by byte, so that tests can make what no encoder would, without TensorFlow."""

import struct
from pathlib import Path

import numpy as np

from soundcheck.data.ogg import page_checksum

RATE_HZ = 16000
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
SUBTYPE_TAIL = bytes.fromhex("000000001000800000aa00389b71")
FIRST_PAGE, LAST_PAGE = 2, 4


def tone(rate_hz=RATE_HZ, frequency_hz=440.0, seconds=1.0, level=0.5):
    """A sine, float64 (frames,)."""
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    return level * np.sin(2 * np.pi * frequency_hz * time_s)


def tone_as_mp3(name):
    """A 440 Hz tone as LAME 3.100 wrote it: `mono_…` at 16 kHz, `stereo_…` at 44.1 kHz.

    It was written once, since not every machine has the encoder.
    """
    return (Path(__file__).parent / "tones" / f"{name}.mp3").read_bytes()


def pcm16(samples):
    return np.round(samples * 32767).astype("<i2")


def chunk(name, body, size=None):
    """A RIFF chunk, which may lie about its size."""
    size = len(body) if size is None else size
    return name + struct.pack("<I", size & 0xFFFFFFFF) + body + b"\0" * (len(body) % 2)


def wave_format(encoding=PCM, channels=1, rate_hz=RATE_HZ, bits=16, frame_bytes=None, valid_bits=None):
    """The body of a `fmt ` chunk; WAVE_FORMAT_EXTENSIBLE where `valid_bits` are given."""
    frame_bytes = channels * -(-bits // 8) if frame_bytes is None else frame_bytes
    described = encoding if valid_bits is None else EXTENSIBLE
    body = struct.pack(
        "<HHIIHH", described, channels, rate_hz, rate_hz * frame_bytes & 0xFFFFFFFF, frame_bytes, bits
    )
    if valid_bits is None:
        return body
    return body + struct.pack("<HHIH", 22, valid_bits, 0, encoding) + SUBTYPE_TAIL


def wav_file(samples, *, data_size=None, riff_size=None, magic=b"RIFF", before=b"", behind=b"", **described):
    """A WAV file of the bytes of `samples`, described by `wave_format(**described)`."""
    body = b"WAVE" + before + chunk(b"fmt ", wave_format(**described))
    body += chunk(b"data", samples.tobytes() if isinstance(samples, np.ndarray) else samples, data_size)
    body += behind
    return magic + struct.pack("<I", len(body) if riff_size is None else riff_size) + body


def flac_file(samples, rate_hz=RATE_HZ, block=1024, *, promised=None, bits=16, metadata=b""):
    """A FLAC file of int samples (frames, channels), not compressed (RFC 9639)."""
    frames, channels = samples.shape
    promised = frames if promised is None else promised
    packed = rate_hz << 44 | channels - 1 << 41 | bits - 1 << 36 | promised
    info = struct.pack(">HH", block, block) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
    header = b"fLaC" + bytes([0 if metadata else 0x80]) + b"\0\0\x22" + info + metadata
    blocks = range(0, frames, block)
    return header + b"".join(flac_frame(samples[at : at + block], at // block, bits) for at in blocks)


def flac_frame(samples, number, bits=16, kind=b"\x02"):
    """A frame of fixed block size with subframes of a kind, verbatim at first; `number` up to 127."""
    size, channels = samples.shape
    header = b"\xff\xf8" + bytes([0x70, channels - 1 << 4, number]) + (size - 1).to_bytes(2, "big")
    header += bytes([crc(header, 8, 0x07)])
    values = (
        b"".join(int(value).to_bytes(bits // 8, "big", signed=True) for value in column)
        for column in samples.T
    )
    subframes = b"".join(kind + value for value in values)
    return header + subframes + crc(header + subframes, 16, 0x8005).to_bytes(2, "big")


def crc(data, bits, polynomial):
    remainder = 0
    for byte in data:
        remainder ^= byte << (bits - 8)
        for _ in range(8):
            top = remainder >> (bits - 1)
            remainder = (remainder << 1 ^ (polynomial if top else 0)) & (1 << bits) - 1
    return remainder


def mp3_frame(header=b"\xff\xf3\x40\xc4", body=b""):
    """A frame of silence, MPEG 2 layer III, 32 kbit/s, 22.05 kHz, mono."""
    return (header + body).ljust(104, b"\0")


def mp3_file(frames=20, promised=None):
    """An MP3 file of silence; with `promised`, its first frame says how many follow."""
    if promised is None:
        return mp3_frame() * frames
    count = b"Info" + (1).to_bytes(4, "big") + promised.to_bytes(4, "big")
    return mp3_frame(body=bytes(9) + count) + mp3_frame() * frames


def ogg_page(packet, number, *, position=0, flags=0, stream=7, version=0):
    """An Ogg page of one whole packet."""
    sizes = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    header = struct.pack("<4sBBqIIIB", b"OggS", version, flags, position, stream, number, 0, len(sizes))
    return with_checksums(header + sizes + packet)


def vorbis_header(rate_hz=RATE_HZ, channels=1, blocks=0xB8, version=0):
    """The identification header of Vorbis."""
    return b"\x01vorbis" + struct.pack("<IBI12xBB", version, channels, rate_hz, blocks, 1)


def with_checksums(data):
    """Ogg data whose whole pages have right checksums."""
    data, start = bytearray(data), 0
    while data[start : start + 4] == b"OggS" and start + 27 <= len(data):
        sizes = data[start + 27 : start + 27 + data[start + 26]]
        end = start + 27 + len(sizes) + sum(sizes)
        if end > len(data):
            break
        data[start + 22 : start + 26] = page_checksum(bytes(data[start:end])).to_bytes(4, "little")
        start = end
    return bytes(data)
