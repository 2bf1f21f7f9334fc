import io
import wave

import numpy as np
import pytest
from audio_files import RATE_HZ, pcm16, tone, tone_as_mp3, wav_file
from scipy.io import wavfile

from soundcheck.data.audio import UndecodableError, decode, resample

ORDINARY_RATES_HZ = [8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000, 96000]


def written_by_scipy(samples):
    file = io.BytesIO()
    wavfile.write(file, RATE_HZ, samples)
    return file.getvalue()


def written_by_python(samples):
    """24 bits, which scipy does not write."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(3)
        writer.setframerate(RATE_HZ)
        whole = np.round(samples * (2**23 - 1)).astype("<i4")
        writer.writeframes(whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "bits", "tolerance"),
    [
        (written_by_scipy((tone() * 127 + 128).round().astype(np.uint8)), 8, 1.5 / 128),
        (written_by_scipy(pcm16(tone())), 16, 1e-4),
        (written_by_python(tone()), 24, 1e-6),
        (written_by_scipy(np.round(tone() * (2**31 - 1)).astype(np.int32)), 32, 1e-6),
        (written_by_scipy(tone().astype(np.float32)), 32, 1e-6),
        (written_by_scipy(tone().astype(np.float64)), 64, 1e-6),
    ],
    ids=["8 bit", "16 bit", "24 bit", "32 bit", "float 32", "float 64"],
)
def test_every_kind_of_wav_decodes_to_the_same_sound(data, bits, tolerance):
    clip = decode(data, ".WAV")
    assert (clip.sample_rate_hz, clip.channels, clip.frames, clip.bits) == (RATE_HZ, 1, RATE_HZ, bits)
    assert clip.samples.dtype == np.float32
    np.testing.assert_allclose(clip.samples, tone(), atol=tolerance)


def test_channels_are_averaged():
    clip = decode(wav_file(np.stack([pcm16(tone()), np.zeros(RATE_HZ, "<i2")], axis=1), channels=2), ".wav")
    assert clip.channels == 2
    np.testing.assert_allclose(clip.samples, tone() / 2, atol=1e-4)


def test_less_than_a_millisecond_is_no_sound():
    assert decode(wav_file(pcm16(tone())[:16]), ".wav").frames == 16
    with pytest.raises(UndecodableError, match="no samples"):
        decode(wav_file(pcm16(tone())[:15]), ".wav")


@pytest.fixture(scope="module")
def encoded():
    """The tone as FLAC, MP3 and Ogg Vorbis; the Vorbis encoder takes no mono at 16 kHz."""
    import tensorflow_io as tfio

    mono = tone()[:, None]
    stereo = np.repeat(tone(44100)[:, None], 2, axis=1)
    return {
        "flac 8 bit": tfio.audio.encode_flac((mono * 127 + 128).round().astype(np.uint8), RATE_HZ).numpy(),
        "flac 16 bit": tfio.audio.encode_flac(pcm16(mono), RATE_HZ).numpy(),
        "flac 24 bit": tfio.audio.encode_flac((stereo * 2**31).astype(np.int32), 44100).numpy(),
        "mp3": tone_as_mp3("mono_1s"),
        "mp3 stereo": tone_as_mp3("stereo_1s"),
        "ogg": tfio.audio.encode_vorbis(stereo.astype(np.float32), 44100).numpy(),
    }


@pytest.mark.parametrize(
    ("kind", "rate_hz", "channels", "bits"),
    [
        ("flac 8 bit", RATE_HZ, 1, 8),
        ("flac 16 bit", RATE_HZ, 1, 16),
        ("flac 24 bit", 44100, 2, 24),
        ("mp3", RATE_HZ, 1, 0),
        ("mp3 stereo", 44100, 2, 0),
        ("ogg", 44100, 2, 0),
    ],
)
def test_compressed_audio_keeps_rate_channels_pitch_and_level(encoded, kind, rate_hz, channels, bits):
    clip = decode(encoded[kind], "." + kind.split()[0])
    assert (clip.sample_rate_hz, clip.channels, clip.bits) == (rate_hz, channels, bits)
    middle = clip.samples[len(clip.samples) // 4 :][: rate_hz // 2]
    spectrum = np.abs(np.fft.rfft(middle))
    assert spectrum.argmax() * rate_hz / len(middle) == pytest.approx(440, abs=3)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("kind", "tolerance"), [("flac 16 bit", 1e-4), ("flac 24 bit", 1e-6)])
def test_flac_agrees_with_the_sound_as_floats(encoded, kind, tolerance):
    clip = decode(encoded[kind], ".flac")
    np.testing.assert_allclose(clip.samples, tone(clip.sample_rate_hz), atol=tolerance)


@pytest.mark.parametrize("kind", ["flac 16 bit", "flac 24 bit", "mp3", "mp3 stereo", "ogg"])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
def test_truncated_compressed_audio_says_so(encoded, kind, share):
    data = encoded[kind]
    with pytest.raises(UndecodableError):
        decode(data[: int(len(data) * share) + 1], "." + kind.split()[0])


@pytest.mark.parametrize("pages", [1, 2, 5])
def test_vorbis_without_its_last_pages_is_truncated(encoded, pages):
    data = encoded["ogg"]
    for _ in range(pages):
        data = data[: data.rindex(b"OggS")]
    with pytest.raises(UndecodableError, match="truncated: no Ogg page is marked as the last"):
        decode(data, ".ogg")


@pytest.mark.parametrize("rate_hz", ORDINARY_RATES_HZ)
def test_resampling_keeps_duration_pitch_and_level(rate_hz):
    resampled = resample(tone(rate_hz).astype(np.float32), rate_hz, RATE_HZ)
    assert resampled.dtype == np.float32
    assert len(resampled) == RATE_HZ
    np.testing.assert_allclose(resampled[200:-200], tone()[200:-200], atol=2e-4)


@pytest.mark.parametrize("rate_hz", [rate for rate in ORDINARY_RATES_HZ if rate > RATE_HZ])
def test_what_the_lower_rate_cannot_carry_is_60_db_down(rate_hz):
    for frequency_hz in np.linspace(RATE_HZ / 2, rate_hz / 2, 25)[:-1]:
        high = tone(rate_hz, frequency_hz + 1, seconds=0.2, level=1.0).astype(np.float32)
        assert level_db(resample(high, rate_hz, RATE_HZ)) < -60


@pytest.mark.parametrize("rate_hz", [rate for rate in ORDINARY_RATES_HZ if rate < RATE_HZ])
def test_images_of_a_lower_rate_are_60_db_down(rate_hz):
    for frequency_hz in np.linspace(100, rate_hz / 2, 25)[:-1]:
        low = tone(rate_hz, frequency_hz, seconds=0.5, level=1.0).astype(np.float32)
        assert level_db(above(resample(low, rate_hz, RATE_HZ), rate_hz / 2 + 20)) < -60


@pytest.mark.parametrize("rate_hz", ORDINARY_RATES_HZ)
def test_the_pass_band_is_flat(rate_hz):
    for frequency_hz in np.linspace(100, 0.85 * min(rate_hz, RATE_HZ) / 2, 15):
        kept = tone(rate_hz, frequency_hz, seconds=0.5, level=1.0).astype(np.float32)
        assert level_db(resample(kept, rate_hz, RATE_HZ)) == pytest.approx(0, abs=0.02)


def level_db(samples):
    """The level in the middle, over that of a sine of amplitude 1."""
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(np.float64)
    return 10 * np.log10(2 * np.mean(np.square(middle)) + 1e-20)


def above(samples, frequency_hz):
    """What of a sound at 16 kHz lies above a frequency."""
    spectrum = np.fft.rfft(samples * np.blackman(len(samples)))
    spectrum[np.fft.rfftfreq(len(samples), 1 / RATE_HZ) < frequency_hz] = 0
    return np.fft.irfft(spectrum)


@pytest.mark.parametrize("rate_hz", [15999, 16001, 44056, 12345, 700_001])
def test_odd_rates_take_neither_long_nor_another_pitch(rate_hz):
    resampled = resample(tone(rate_hz).astype(np.float32), rate_hz, RATE_HZ)
    assert len(resampled) == pytest.approx(RATE_HZ, rel=1e-3)
    assert np.abs(np.fft.rfft(resampled)).argmax() == pytest.approx(440, abs=1)


def test_resampling_to_the_same_rate_is_the_identity():
    samples = tone().astype(np.float32)
    np.testing.assert_array_equal(resample(samples, RATE_HZ, RATE_HZ), samples)
