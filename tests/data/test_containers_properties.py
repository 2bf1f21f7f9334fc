"""Whatever samples are written, they are read; whatever bytes are read, they are sound or refused."""

import contextlib

import numpy as np
from audio_files import FLOAT, PCM, flac_file, pcm16, tone, wav_file
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from soundcheck.data.audio import SUFFIXES, decode
from soundcheck.data.containers import UndecodableError
from soundcheck.data.flac import read_flac_header, safe_to_decode
from soundcheck.data.mp3 import read_mp3_header
from soundcheck.data.ogg import read_vorbis_header
from soundcheck.data.wav import read_wav

READERS = {".wav": read_wav, ".flac": read_flac_header, ".mp3": read_mp3_header, ".ogg": read_vorbis_header}
MAGIC = {
    ".wav": b"RIFF\0\0\0\0WAVEfmt ",
    ".flac": b"fLaC\x80\0\0\x22",
    ".mp3": b"\xff\xfb",
    ".ogg": b"OggS\0\x02",
}

frames_and_channels = st.tuples(st.integers(1, 60), st.integers(1, 9))
rates_hz = st.integers(1000, 768_000)


@given(frames_and_channels.flatmap(lambda shape: arrays.arrays("<i4", shape)), rates_hz, st.data())
def test_whole_numbers_of_every_width_are_read_as_written(samples, rate_hz, data):
    width = data.draw(st.sampled_from([1, 2, 3, 4]))
    whole = samples >> (8 * (4 - width))
    stored = whole + 128 if width == 1 else whole
    content = stored.astype("<i4")[..., None].view(np.uint8)[..., :width].tobytes()
    valid_bits = data.draw(st.one_of(st.none(), st.integers(1, 8 * width)))
    described = {
        "channels": samples.shape[1],
        "rate_hz": rate_hz,
        "bits": 8 * width,
        "valid_bits": valid_bits,
    }
    decoded = read_wav(wav_file(content, **described))
    assert (decoded.sample_rate_hz, decoded.bits) == (rate_hz, valid_bits or 8 * width)
    np.testing.assert_array_equal(decoded.samples, (whole / 2.0 ** (8 * width - 1)).astype(np.float32))


@given(
    st.sampled_from(["<f4", "<f8"]).flatmap(
        lambda dtype: frames_and_channels.flatmap(
            lambda shape: arrays.arrays(
                dtype, shape, elements=st.floats(-16, 16, width=32 if dtype == "<f4" else 64)
            )
        )
    ),
    st.booleans(),
)
def test_floats_are_read_as_written_up_to_full_scale(samples, extensible):
    bits = 8 * samples.itemsize
    described = {"encoding": FLOAT, "bits": bits, "valid_bits": bits if extensible else None}
    decoded = read_wav(wav_file(samples, channels=samples.shape[1], **described))
    np.testing.assert_array_equal(decoded.samples, samples.clip(-1, 1).astype(np.float32))


@given(arrays.arrays(np.float32, st.integers(1, 200), elements=st.floats(-1, 1, width=32)))
def test_a_sound_as_whole_numbers_and_as_floats_agrees_within_1e_4(sound):
    as_floats = read_wav(wav_file(sound, encoding=FLOAT, bits=32)).samples
    widths = {2: "<i2", 4: "<i4"}
    for width, dtype in widths.items():
        highest = 2 ** (8 * width - 1) - 1
        whole = np.round(sound.astype(np.float64) * highest).astype(dtype)
        read = read_wav(wav_file(whole, encoding=PCM, bits=8 * width)).samples
        np.testing.assert_allclose(read, as_floats, atol=1e-4)


@settings(max_examples=30)
@given(
    st.tuples(st.integers(1, 300), st.integers(1, 8)).flatmap(lambda shape: arrays.arrays(np.int16, shape)),
    st.integers(16, 100),
)
def test_flac_frames_of_any_samples_are_found(samples, block):
    data = flac_file(samples, block=block)
    stream = read_flac_header(data)
    assert (stream.frames, stream.channels) == samples.shape
    assert safe_to_decode(data, stream).startswith(data)


@settings(max_examples=400)
@given(st.sampled_from(SUFFIXES), st.booleans(), st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_else(suffix, begins_well, data):
    with contextlib.suppress(UndecodableError):
        READERS[suffix](MAGIC[suffix] + data if begins_well else data)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=6), st.integers(0, 1700))
def test_a_mutated_wav_is_sound_or_refused(mutations, length):
    mutated = bytearray(wav_file(pcm16(tone(seconds=0.05))))
    for position, value in mutations:
        mutated[position] = value
    with contextlib.suppress(UndecodableError):
        clip = decode(bytes(mutated[:length]), ".wav")
        assert np.isfinite(clip.samples).all()
        assert np.abs(clip.samples).max() <= 1
        assert clip.samples.shape == (clip.frames,)
