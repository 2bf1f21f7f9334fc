"""A folder with every kind of broken file in it, and what ingest should say of each."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from audio_files import (
    FIRST_PAGE,
    RATE_HZ,
    chunk,
    flac_file,
    flac_frame,
    mp3_file,
    ogg_page,
    pcm16,
    tone,
    vorbis_header,
    wav_file,
    wave_format,
)

SOUND = pcm16(tone(seconds=0.25))
WAV = wav_file(SOUND)
FLAC = flac_file(SOUND[:, None])
MP3 = mp3_file(20)
OGG = ogg_page(vorbis_header(), 0, flags=FIRST_PAGE) + b"".join(
    ogg_page(bytes(300), number, position=100 * number) for number in range(1, 5)
)


def add_broken_files(label_folder: Path) -> dict[str, str]:
    """Adds broken files to a label's folder; by path relative to its parent, a pattern of the reason.

    A folder with the name of a clip and hidden files are added too, of which ingest says nothing.
    """
    reasons: dict[str, str] = {}
    for name, data, reason in contents():
        (label_folder / name).write_bytes(data)
        reasons[f"{label_folder.name}/{name}"] = reason
    for name, reason in _not_files(label_folder):
        reasons[f"{label_folder.name}/{name}"] = reason
    return reasons


def contents() -> Iterator[tuple[str, bytes, str]]:
    """Names, bytes, and patterns of the reason."""
    yield from _not_what_they_say()
    yield from _cut_off()
    yield from _bad_headers()
    yield from _bad_samples()
    yield from _other_encodings()


def _not_what_they_say() -> Iterator[tuple[str, bytes, str]]:
    yield "empty.wav", b"", "empty file"
    yield "empty.flac", b"", "empty file"
    yield "text.wav", b"a list of the clips\n" * 20, "not audio: there is no WAV header"
    yield "page.mp3", b"<html><title>404 Not Found</title></html>", "not audio: there is no MP3 header"
    yield "zeros.ogg", bytes(4000), "not audio: there is no Ogg header"
    yield "flac.wav", FLAC, "its name says WAV, but it holds FLAC"
    yield "mp3.wav", MP3, "its name says WAV, but it holds MP3"
    yield "wav.flac", WAV, "its name says FLAC, but it holds WAV"
    yield "wav.mp3", WAV, "its name says MP3, but it holds WAV"
    yield "phone.mp3", b"\0\0\0 ftypM4A " + bytes(400), "it holds MP4"
    yield "archive.wav", b"PK\x03\x04" + bytes(400), "it holds a zip archive"
    yield "other.wav", b"RIFF" + struct.pack("<I", 400) + b"AVI " + bytes(396), "not audio"


def _cut_off() -> Iterator[tuple[str, bytes, str]]:
    yield "cut.wav", WAV[:2044], "truncated: the header promises 4000 frames, the file holds 1000"
    yield "cut in the header.wav", WAV[:30], "truncated: the file ends within its format"
    yield "cut before the samples.wav", WAV[:40], "truncated: the file ends before its samples"
    yield "cut.flac", FLAC[: len(FLAC) // 2], "a FLAC frame is cut off"
    yield "cut between frames.flac", flac_file(SOUND[:, None], promised=9999), "promises 9999 frames, .* 4000"
    yield "cut.mp3", MP3[:-30], "truncated: the last MP3 frame is cut off"
    yield "cut between frames.mp3", mp3_file(20, promised=31), "promises 31 MP3 frames, the file holds 20"
    yield "tag alone.mp3", b"ID3\x03\0\0\0\0\x0f\x76" + bytes(500), "ends before its first MP3 frame"
    yield "cut.ogg", OGG[:-30], "truncated: the last Ogg page is cut off"
    yield "cut between pages.ogg", OGG, "truncated: no Ogg page is marked as the last"


def _bad_headers() -> Iterator[tuple[str, bytes, str]]:
    samples_first = chunk(b"data", SOUND.tobytes()) + chunk(b"fmt ", wave_format())
    lost_page = OGG.replace(ogg_page(bytes(300), 2, position=200), b"")
    lost_frame = FLAC.replace(flac_frame(SOUND[1024:2048, None], 1), b"")
    yield "no channels.wav", wav_file(SOUND, channels=0, frame_bytes=2), "0 channels"
    yield "no rate.wav", wav_file(SOUND, rate_hz=0), "a sample rate of 0 Hz"
    yield "high rate.wav", wav_file(SOUND, rate_hz=2**31), "a sample rate of 2147483648 Hz"
    yield "frame size.wav", wav_file(SOUND, frame_bytes=4), "1 channels of 16 bits in 4 bytes"
    yield "huge.wav", wav_file(SOUND, data_size=2**30), "promises 536870912 frames, the file holds 4000"
    yield "not closed.wav", wav_file(SOUND, data_size=0), "promises 0 frames, 8000 bytes .* follow"
    yield "half a frame.wav", wav_file(SOUND, data_size=7999), "not a whole number of frames"
    yield "samples first.wav", b"RIFF\0\0\0\0WAVE" + samples_first, "the samples come before their format"
    yield "page lost.ogg", lost_page, "damaged: an Ogg page is missing"
    yield "checksum.ogg", OGG[:200] + b"!" + OGG[201:], "damaged: an Ogg page's checksum is wrong"
    yield "frame lost.flac", lost_frame, "damaged: a FLAC frame is missing"
    yield "checksum.flac", FLAC[:99] + b"!" + FLAC[100:], "its checksum is wrong"
    yield "damaged.mp3", MP3[:500] + b"!!!" + MP3[500:], "an MP3 frame does not begin where the last one ends"


def _bad_samples() -> Iterator[tuple[str, bytes, str]]:
    floating = {"encoding": 3, "bits": 32}
    yield "no samples.wav", wav_file(SOUND[:0]), "no samples"
    yield "two samples.wav", wav_file(SOUND[:2]), "no samples"
    yield "not a number.wav", wav_file(np.full(RATE_HZ, np.nan, "<f4"), **floating), "not finite"
    yield "infinite.wav", wav_file(np.full(RATE_HZ, np.inf, "<f4"), **floating), "not finite"
    yield "of 32768.wav", wav_file(SOUND.astype("<f4"), **floating), "reach 16384; full scale is 1"


def _other_encodings() -> Iterator[tuple[str, bytes, str]]:
    yield "adpcm.wav", wav_file(SOUND, encoding=0x11, bits=4), r"0x0011 \(IMA ADPCM\)"
    yield "a-law.wav", wav_file(SOUND, encoding=6, bits=8), r"0x0006 \(A-law\)"
    yield "subtype.wav", wav_file(SOUND, encoding=0x92, valid_bits=16), r"0x0092 \(unknown\)"
    yield "big endian.wav", wav_file(SOUND, magic=b"RIFX"), "RIFX"
    yield "opus.ogg", ogg_page(b"OpusHead" + bytes(11), 0, flags=FIRST_PAGE), "holds Opus, not Vorbis"
    yield "32 bit.flac", flac_file(SOUND[:, None].astype(np.int32), bits=32), "FLAC of 32 bits"


def _not_files(folder: Path) -> Iterator[tuple[str, str]]:
    (folder / "a folder.wav").mkdir()
    (folder / ".hidden.wav").write_bytes(b"")
    (folder / "._resource fork.wav").write_bytes(b"\0\x05\x16\x07")
    (folder / "broken link.wav").symlink_to(folder / "gone.wav")
    yield "broken link.wav", "cannot be read: No such file"
    (folder / "circle.wav").symlink_to(folder / "circle.wav")
    yield "circle.wav", "cannot be read: Too many levels of symbolic links"
    os.mkfifo(folder / "pipe.wav")
    yield "pipe.wav", "cannot be read: not a regular file"
    (folder / os.fsdecode(b"name \xff.wav")).write_bytes(WAV)
    yield "name \\udcff.wav", "its name is not UTF-8"
    if os.geteuid():
        (folder / "forbidden.wav").write_bytes(WAV)
        (folder / "forbidden.wav").chmod(0)
        yield "forbidden.wav", "cannot be read: Permission denied"
