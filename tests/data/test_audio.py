import contextlib
import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from soundcheck.data.audio import (
    SUFFIXES,
    UndecodableError,
    decode,
    resample,
)

RATE_HZ = 16000


def tone(rate_hz=RATE_HZ, frequency_hz=440.0, seconds=1.0, level=0.5):
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    return level * np.sin(2 * np.pi * frequency_hz * time_s)


def wav_bytes(samples, rate_hz=RATE_HZ):
    file = io.BytesIO()
    wavfile.write(file, rate_hz, samples)
    return file.getvalue()


def pcm16(samples):
    return np.round(samples * 32767).astype(np.int16)


def pcm24_bytes(samples, rate_hz=RATE_HZ):
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(3)
        writer.setframerate(rate_hz)
        whole = np.round(samples * (2**23 - 1)).astype("<i4")
        writer.writeframes(whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "tolerance"),
    [
        (wav_bytes((tone() * 127 + 128).round().astype(np.uint8)), 1.5 / 128),
        (wav_bytes(pcm16(tone())), 1.5 / 32768),
        (pcm24_bytes(tone()), 1e-6),
        (wav_bytes(np.round(tone() * (2**31 - 1)).astype(np.int32)), 1e-6),
        (wav_bytes(tone().astype(np.float32)), 1e-6),
        (wav_bytes(tone().astype(np.float64)), 1e-6),
    ],
    ids=["8 bit", "16 bit", "24 bit", "32 bit", "float 32", "float 64"],
)
def test_every_kind_of_wav_decodes_to_the_same_sound(data, tolerance):
    clip = decode(data, ".WAV")
    assert (clip.sample_rate_hz, clip.channels, clip.frames) == (RATE_HZ, 1, RATE_HZ)
    assert clip.samples.dtype == np.float32
    np.testing.assert_allclose(clip.samples, tone(), atol=tolerance)


def test_16_bit_is_divided_by_32768():
    data = wav_bytes(np.array([-32768, -1, 0, 1, 32767] * 10, np.int16))
    np.testing.assert_array_equal(
        decode(data, ".wav").samples[:5], np.array([-32768, -1, 0, 1, 32767], np.float32) / 32768
    )


def test_channels_are_averaged():
    stereo = np.stack([pcm16(tone()), np.zeros(RATE_HZ, np.int16)], axis=1)
    clip = decode(wav_bytes(stereo), ".wav")
    assert clip.channels == 2
    np.testing.assert_allclose(clip.samples, tone() / 2, atol=1e-4)


def test_extensible_format_and_chunks_before_the_samples():
    subtype = bytes.fromhex("0100000000001000800000aa00389b71")
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, 1, RATE_HZ, 2 * RATE_HZ, 2, 16, 22, 16, 0) + subtype
    samples = pcm16(tone()).tobytes()
    body = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"data" + struct.pack("<I", len(samples)) + samples
    clip = decode(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body, ".wav")
    np.testing.assert_allclose(clip.samples, tone(), atol=1e-4)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"<html>404</html>" * 10, "not audio"),
        (wav_bytes(pcm16(tone()))[: 44 + 2 * 412], "promises 16000 frames, the file holds 412"),
        (wav_bytes(pcm16(tone()))[:20], "truncated"),
        (wav_bytes(pcm16(tone()))[:36], "truncated"),
        (wav_bytes(np.zeros(0, np.int16)), "no samples"),
        (wav_bytes(np.zeros(15, np.int16)), "no samples"),
        (wav_bytes(np.full(100, np.nan, np.float32)), "not finite"),
        (wav_bytes(np.full(100, np.inf, np.float64)), "not finite"),
        (wav_bytes(np.full(100, 20000, np.float32)), "full scale is 1"),
        (wav_bytes(pcm16(tone()), rate_hz=3), "3 Hz"),
        (
            wav_bytes(pcm16(tone())).replace(b"\x10\x00\x00\x00\x01\x00", b"\x10\x00\x00\x00\x11\x00"),
            "0x0011",
        ),
    ],
)
def test_bad_wav_says_why(data, reason):
    with pytest.raises(UndecodableError, match=reason):
        decode(data, ".wav")


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_arbitrary_bytes_never_raise_anything_else(suffix, data):
    with contextlib.suppress(UndecodableError):
        decode(data, suffix)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_wav_decodes_or_says_why(data):
    mutated = bytearray(wav_bytes(pcm16(tone(seconds=0.05))))
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=6)
    ):
        mutated[position] = value
    with contextlib.suppress(UndecodableError):
        clip = decode(bytes(mutated[: data.draw(st.integers(0, len(mutated)))]), ".wav")
        assert np.isfinite(clip.samples).all()
        assert np.abs(clip.samples).max() <= 1


@pytest.fixture(scope="module")
def encoded():
    """The tone as FLAC, MP3 and Ogg Vorbis; the Vorbis encoder takes no mono at 16 kHz."""
    import tensorflow_io as tfio

    mono = tone()[:, None]
    stereo = np.repeat(tone(44100)[:, None], 2, axis=1)
    return {
        "flac": tfio.audio.encode_flac(pcm16(mono), RATE_HZ).numpy(),
        "flac 24 bit stereo": tfio.audio.encode_flac((stereo * 2**31).astype(np.int32), 44100).numpy(),
        "mp3": tfio.audio.encode_mp3(mono.astype(np.float32), RATE_HZ).numpy(),
        "ogg": tfio.audio.encode_vorbis(stereo.astype(np.float32), 44100).numpy(),
    }


@pytest.mark.parametrize(
    ("kind", "rate_hz", "channels"),
    [("flac", RATE_HZ, 1), ("flac 24 bit stereo", 44100, 2), ("mp3", RATE_HZ, 1), ("ogg", 44100, 2)],
)
def test_compressed_audio_keeps_rate_channels_pitch_and_level(encoded, kind, rate_hz, channels):
    clip = decode(encoded[kind], "." + kind.split()[0])
    assert (clip.sample_rate_hz, clip.channels) == (rate_hz, channels)
    middle = clip.samples[len(clip.samples) // 4 :][: rate_hz // 2]
    spectrum = np.abs(np.fft.rfft(middle))
    assert spectrum.argmax() * rate_hz / len(middle) == pytest.approx(440, abs=3)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("kind", ["flac", "ogg"])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
def test_truncated_compressed_audio_says_so(encoded, kind, share):
    data = encoded[kind]
    with pytest.raises(UndecodableError):
        decode(data[: int(len(data) * share)], "." + kind)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["flac", "mp3", "ogg"])
def test_damaged_compressed_audio_neither_hangs_nor_crashes(encoded, kind):
    generator = np.random.default_rng(0)
    for trial in range(150):
        damaged = bytearray(encoded[kind])
        reach = 100 if trial % 2 else len(damaged)
        for position in generator.integers(0, reach, 5):
            damaged[position] = generator.integers(0, 256)
        with contextlib.suppress(UndecodableError):
            assert np.isfinite(decode(bytes(damaged), "." + kind).samples).all()


@pytest.mark.parametrize("rate_hz", [8000, 44100, 48000, 22050])
def test_resampling_keeps_duration_and_pitch(rate_hz):
    resampled = resample(tone(rate_hz).astype(np.float32), rate_hz, RATE_HZ)
    assert resampled.dtype == np.float32
    assert len(resampled) == RATE_HZ
    np.testing.assert_allclose(resampled[2000:-2000], tone()[2000:-2000], atol=0.01)


def test_resampling_to_the_same_rate_is_the_identity():
    samples = tone().astype(np.float32)
    np.testing.assert_array_equal(resample(samples, RATE_HZ, RATE_HZ), samples)
