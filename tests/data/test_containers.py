"""Files whose header and data disagree: what is read all the same, and what is refused, for what reason."""

import re

import broken_files
import numpy as np
import pytest
from audio_files import (
    FIRST_PAGE,
    FLOAT,
    LAST_PAGE,
    RATE_HZ,
    chunk,
    flac_file,
    flac_frame,
    mp3_file,
    mp3_frame,
    ogg_page,
    pcm16,
    tone,
    vorbis_header,
    wav_file,
    wave_format,
)

from soundcheck.data.audio import decode
from soundcheck.data.containers import UndecodableError
from soundcheck.data.flac import read_flac_header
from soundcheck.data.mp3 import read_mp3_header
from soundcheck.data.ogg import read_vorbis_header
from soundcheck.data.wav import read_wav

SOUND = pcm16(tone(seconds=0.25))


@pytest.mark.parametrize(
    ("name", "data", "reason"), [pytest.param(*file, id=file[0]) for file in broken_files.contents()]
)
def test_a_broken_file_is_refused_for_its_reason(name, data, reason):
    with pytest.raises(UndecodableError, match=reason) as refusal:
        decode(data, "." + name.rsplit(".", 1)[1])
    assert "\n" not in str(refusal.value)


def test_16_bit_is_divided_by_32768():
    samples = np.array([-32768, -1, 0, 1, 32767], "<i2")
    np.testing.assert_array_equal(read_wav(wav_file(samples)).samples[:, 0], samples / np.float32(32768))


@pytest.mark.parametrize(
    ("samples", "described"),
    [
        (SOUND, {"valid_bits": 16}),
        ((SOUND.astype("<i4") << 16), {"bits": 32, "valid_bits": 24}),
        ((SOUND.astype("<i4") << 16), {"bits": 32, "valid_bits": 0}),
        (SOUND.astype("<f4") / 32768, {"bits": 32, "encoding": FLOAT, "valid_bits": 32}),
        (SOUND, {"bits": 12, "frame_bytes": 2}),
    ],
    ids=["extensible", "24 valid of 32", "valid bits left out", "extensible float", "12 bits in two bytes"],
)
def test_valid_bits_stand_at_the_top_of_their_bytes(samples, described):
    decoded = read_wav(wav_file(samples, **described))
    assert decoded.bits == (described.get("valid_bits") or described.get("bits"))
    np.testing.assert_array_equal(decoded.samples[:, 0], SOUND / np.float32(32768))


@pytest.mark.parametrize(
    "changed",
    [
        {"riff_size": 0},
        {"riff_size": 0xFFFFFFFF, "data_size": 0xFFFFFFFF},  # ffmpeg, to a pipe
        {"riff_size": 0x7FFFF024, "data_size": 0x7FFFF000},  # sox
        {"data_size": 0x80000000},  # arecord
        {"before": chunk(b"LIST", b"abc")},
        {"before": chunk(b"bext", bytes(602))},
        {"behind": chunk(b"LIST", b"INFOISFT\x04\0\0\0sox\0")},
        {"behind": b"ID3\x03\0\0\0\0\0\x05abcde"},
        {"behind": b"TAG" + bytes(125)},
        {"behind": bytes(100)},
        {"behind": b"\0"},
        {"behind": b"LIST\xff\0\0\0INFO"},  # cut off, but not the sound
    ],
    ids=str,
)
def test_what_players_read_is_read(changed):
    np.testing.assert_array_equal(
        read_wav(wav_file(SOUND, **changed)).samples, read_wav(wav_file(SOUND)).samples
    )


def test_a_stream_that_was_cut_within_a_frame_keeps_its_whole_frames():
    data = wav_file(SOUND[:-1], channels=2, data_size=0xFFFFFFFF)
    assert read_wav(data).samples.shape == (len(SOUND) // 2 - 1, 2)


@pytest.mark.parametrize("channels", [1, 2, 3, 8, 300])
@pytest.mark.parametrize("rate_hz", [8000, 16000, 192000])
def test_any_rate_and_number_of_channels(channels, rate_hz):
    samples = np.repeat(SOUND[:, None], channels, axis=1)
    clip = decode(wav_file(samples, channels=channels, rate_hz=rate_hz), ".wav")
    assert (clip.channels, clip.sample_rate_hz, clip.frames) == (channels, rate_hz, len(SOUND))
    np.testing.assert_allclose(clip.samples, SOUND / 32768, atol=1e-6)


def test_a_chunk_may_follow_an_odd_number_of_bytes_with_padding_or_without():
    sound = np.arange(100, 199, dtype=np.uint8)
    padded = wav_file(sound, bits=8, behind=chunk(b"LIST", b"abcd"))
    without = padded.replace(b"\0LIST", b"LIST")
    assert len(without) == len(padded) - 1
    assert len(read_wav(padded).samples) == len(read_wav(without).samples) == 99


def test_a_format_that_is_cut_off_or_comes_twice():
    twice = chunk(b"fmt ", wave_format(rate_hz=8000)) + chunk(b"LIST", b"")
    assert read_wav(wav_file(SOUND, before=twice)).sample_rate_hz == RATE_HZ
    with pytest.raises(UndecodableError, match="ends within its format"):
        read_wav(b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", wave_format()[:14]) + chunk(b"data", bytes(8)))


@pytest.mark.parametrize(("promised", "channels"), [(4000, 1), (4000, 2), (0, 1)])
def test_flac_frames_are_counted(promised, channels):
    stream = read_flac_header(flac_file(np.repeat(SOUND[:, None], channels, axis=1), promised=promised))
    assert (stream.frames, stream.channels, stream.bits, stream.longest_block) == (4000, channels, 16, 1024)


def test_flac_written_to_a_pipe_is_decoded_whole():
    clip = decode(flac_file(SOUND[:, None], promised=0), ".flac")
    np.testing.assert_array_equal(clip.samples, SOUND / np.float32(32768))


def test_flac_metadata_are_passed_over():
    comment = b"\x84\0\0\x08" + bytes(8)
    clip = decode(flac_file(SOUND[:, None], metadata=comment), ".flac")
    np.testing.assert_array_equal(clip.samples, SOUND / np.float32(32768))


@pytest.mark.parametrize("kind", [b"\x06", b"\x7e"])
def test_a_damaged_frame_under_right_checksums_neither_passes_nor_hangs(kind):
    """tensorflow-io alone would never return."""
    frame = flac_frame(SOUND[3072:, None], 3)
    data = flac_file(SOUND[:, None])
    damaged = flac_frame(SOUND[3072:, None], 3, kind=kind)
    assert data.endswith(frame)
    with pytest.raises(UndecodableError, match="the decoder cannot read it"):
        decode(data[: -len(frame)] + damaged, ".flac")


@pytest.mark.parametrize("share", np.linspace(0.01, 0.99, 30))
@pytest.mark.parametrize(
    ("read", "data"),
    [
        (read_wav, broken_files.WAV),
        (read_flac_header, broken_files.FLAC),
        (read_mp3_header, mp3_file(20, promised=20)),
        (read_vorbis_header, broken_files.OGG),
    ],
    ids=["wav", "flac", "mp3", "ogg"],
)
def test_a_file_that_is_cut_off_anywhere_is_refused(read, data, share):
    with pytest.raises(UndecodableError):
        read(data[: round(share * len(data))])


@pytest.mark.parametrize("promised", [None, 20, 19])
@pytest.mark.parametrize("before", [b"", b"ID3\x03\0\0\0\0\0\x05abcde", bytes(50)])
@pytest.mark.parametrize("behind", [b"", b"TAG" + bytes(125), bytes(50), b"APETAGEX" + bytes(24)])
def test_mp3_between_tags(promised, before, behind):
    stream = read_mp3_header(before + mp3_file(20, promised) + behind)
    assert (stream.sample_rate_hz, stream.channels) == (22050, 1)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (mp3_frame(b"\xff\xf3\x40\x04"), "does not begin where the last one ends"),  # joint stereo
        (mp3_frame(b"\xff\xfb\x40\xc4"), "does not begin where the last one ends"),  # MPEG 1
        (mp3_frame(b"\xff\xf3\x4c\xc4"), "does not begin where the last one ends"),  # no sample rate
        (mp3_frame(b"\xff\xf3\xf0\xc4"), "no valid bit rate"),
        (mp3_frame(b"\xff\xf3\x00\xc4"), "no valid bit rate"),
    ],
)
def test_an_mp3_frame_that_disagrees(frame, reason):
    with pytest.raises(UndecodableError, match=reason):
        read_mp3_header(mp3_file(3) + frame + mp3_file(3))


def vorbis_pages(*positions, header=None, blocks=0xB8):
    """A stream of whole pages with these positions, two packets of headers after the first."""
    pages = [ogg_page(header or vorbis_header(blocks=blocks), 0, flags=FIRST_PAGE)]
    pages += [ogg_page(bytes(50), number) for number in (1, 2)]
    pages += [
        ogg_page(bytes(20), number, position=position, flags=LAST_PAGE * (number == len(positions) + 2))
        for number, position in enumerate(positions, 3)
    ]
    return b"".join(pages)


def test_a_whole_vorbis_stream():
    stream = read_vorbis_header(vorbis_pages(0, 1000, 2000, 2500))
    assert (stream.sample_rate_hz, stream.channels, stream.longest_block) == (RATE_HZ, 1, 2048)


def test_a_vorbis_stream_that_was_cut_out_of_a_longer_one():
    assert read_vorbis_header(vorbis_pages(10**9, 10**9 + 1000)).channels == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (vorbis_pages(0, 2**40), "give a length that they do not hold"),
        (vorbis_pages(1000, 500), "give a length that they do not hold"),
        (vorbis_pages(-5, 1000), "give a length that they do not hold"),
        (vorbis_pages(0, 0), "no samples"),
        (vorbis_pages(0, 1000) + vorbis_pages(0, 1000), "several streams"),
        (vorbis_pages(0, 1000).replace(ogg_page(bytes(50), 2), ogg_page(bytes(50), 2, stream=8)), "several"),
        (vorbis_pages(0, 1000) + b"OggS", "the last Ogg page is cut off"),
        (vorbis_pages(0, 1000) + b"tail", "does not begin where the last one ends"),
        (vorbis_pages(0, 1000, header=vorbis_header(channels=0)), "the Vorbis header is not valid"),
        (vorbis_pages(0, 1000, header=vorbis_header(version=1)), "the Vorbis header is not valid"),
        (vorbis_pages(0, 1000, blocks=0x8B), "the Vorbis header is not valid"),
        (vorbis_pages(0, 1000, header=vorbis_header(rate_hz=5)), "sample rate of 5 Hz"),
    ],
)
def test_a_vorbis_stream_that_is_not_sound(data, reason):
    with pytest.raises(UndecodableError, match=re.escape(reason)):
        read_vorbis_header(data)
