"""Synthetic speech: eight words by many "speakers" of eSpeak NG, for a demo that needs no download.

eSpeak NG (https://github.com/espeak-ng/espeak-ng) is free software under the GPL, version 3; it comes
with the package `espeakng-loader`, the extra `demo`, and is called through its C interface. Soundcheck
does not contain it.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import shutil
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly
from tqdm import tqdm

from soundcheck.errors import SourceError, StoreError

if TYPE_CHECKING:
    from soundcheck.config import SyntheticConfig

WORDS = ("down", "go", "left", "no", "right", "stop", "up", "yes")
SPEAKERS = 120
SAMPLE_RATE_HZ = 16000
MISSING = (
    "data.source='synthetic' needs eSpeak NG: pip install 'soundcheck[demo]', or name a folder or an archive "
    "of clips with --data PATH"
)

_CLIP_SAMPLES = SAMPLE_RATE_HZ
_LONGEST_WORD_SAMPLES = _CLIP_SAMPLES - SAMPLE_RATE_HZ // 20
_SILENCE_DB = -50  # below the word's peak
_FADE_SAMPLES = SAMPLE_RATE_HZ // 100
_ACCENTS = (
    "en",
    "en-us",
    "en-us-nyc",
    "en-gb-scotland",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-gb-x-rp",
    "en-029",
)
# No variant of a Klatt synthesizer: it draws its noise from the C library's rand(), which is not ours.
# fmt: off
_VARIANTS = (
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Henrique", "Hugo",
    "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "anika", "antonio", "aunty",
    "belinda", "boris", "ed", "f1", "f2", "f3", "f4", "f5", "grandma", "grandpa", "gustave", "ian",
    "john", "linda", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "marcelo", "max", "michel",
    "miguel", "norbert", "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby",
    "steph", "steph2", "travis", "victor", "zac",
)
# fmt: on

# speak_lib.h of eSpeak NG
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_RATE_PARAMETER, _PITCH_PARAMETER, _RANGE_PARAMETER = 1, 3, 4
_POSITION_CHARACTER = 1
_FLAGS = 0x1 | 0x1000  # text in UTF-8; a pause at the end, without which the last sound is cut off
_SYNTH_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True)
class Speaker:
    """A voice with its habits.

    Attributes:
        name: eight hex digits.
        voice: accent and variant, as eSpeak NG names them: `en-us+f2`.
        words_per_minute: speed, 80 to 450 in eSpeak NG.
        pitch: 0 to 100, 50 is the voice's own.
        pitch_range: 0 to 100, 50 is the voice's own; low is monotonous.
        noise_snr_db: mean signal-to-noise ratio of the room.
    """

    name: str
    voice: str
    words_per_minute: int
    pitch: int
    pitch_range: int
    noise_snr_db: float


def generate(folder: Path, config: SyntheticConfig) -> None:
    """Speaks `config.clips_per_label` clips of each word into `folder`/WORD/SPEAKER_nohash_N.wav.

    Clips are 16 kHz mono 16 bit, one second; the word's place, gain and background noise (white or pink,
    10 to 35 dB below the word) vary. The same seed gives the same bytes. `folder` is complete or absent.

    Raises:
        SourceError: eSpeak NG is not installed or does not speak.
        StoreError: the folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
            spoken = Path(temporary) / "spoken"
            _speak_all(spoken, config)
            spoken.rename(folder)
    except OSError as error:
        raise StoreError(f"cannot write synthetic speech to {folder}: {error.strerror or error}") from error


def draw_speakers(seed: int) -> list[Speaker]:
    """`SPEAKERS` speakers, all with different names and voices, decided by the seed alone."""
    rng = np.random.default_rng([seed, 0])
    pairs = [f"{accent}+{variant}" for accent in _ACCENTS for variant in _VARIANTS]
    voices = [pairs[index] for index in rng.choice(len(pairs), SPEAKERS, replace=False)]
    names = rng.choice(2**32, SPEAKERS, replace=False)
    return [
        Speaker(
            name=f"{name:08x}",
            voice=voice,
            words_per_minute=int(rng.integers(120, 201)),
            pitch=int(rng.integers(25, 80)),
            pitch_range=int(rng.integers(20, 80)),
            noise_snr_db=float(rng.uniform(14, 31)),
        )
        for name, voice in zip(names, voices, strict=True)
    ]


def _speak_all(folder: Path, config: SyntheticConfig) -> None:
    """In a fixed order, speaker by speaker: what eSpeak NG says depends on what it said before."""
    speakers = draw_speakers(config.seed)
    for word in WORDS:
        (folder / word).mkdir(parents=True)
    espeak = _Espeak(config.seed)
    rng = np.random.default_rng([config.seed, 1])
    for index, speaker in enumerate(tqdm(speakers, "speak", unit=" speakers", disable=None, leave=False)):
        takes = len(range(index, config.clips_per_label, len(speakers)))
        for word, take in itertools.product(WORDS, range(takes)):
            samples = _recorded(espeak.speak(word, speaker, rng), speaker, rng)
            _write_wav(folder / word / f"{speaker.name}_nohash_{take}.wav", samples)


def _recorded(word: NDArray[np.float64], speaker: Speaker, rng: np.random.Generator) -> NDArray[np.int16]:
    """A word as a cheap microphone hears it: placed in a second, at some distance, in some noise."""
    level = np.sqrt(np.mean(word**2))
    clip = np.zeros(_CLIP_SAMPLES)
    start = int(rng.integers(0, _CLIP_SAMPLES - len(word) + 1))
    clip[start : start + len(word)] = word / level
    snr_db = np.clip(speaker.noise_snr_db + rng.uniform(-4, 4), 10, 35)
    clip += 10 ** (-snr_db / 20) * _noise(rng)
    peak = rng.uniform(0.08, 0.9)
    return np.rint(clip * (peak * 32767 / np.abs(clip).max())).astype(np.int16)


def _noise(rng: np.random.Generator) -> NDArray[np.float64]:
    """White or pink noise of power 1 (pink: three poles near -3 dB an octave, as of Paul Kellet)."""
    white = rng.standard_normal(_CLIP_SAMPLES)
    if rng.integers(2):
        return white
    poles = ((0.0990460, 0.99765), (0.2965164, 0.96300), (1.0526913, 0.57000))
    pink = np.sum([lfilter([gain], [1.0, -pole], white) for gain, pole in poles], axis=0)
    return pink / np.sqrt(np.mean(pink**2))


def _write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())


def _trimmed(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the silence around the word, faded over 10 ms at both ends."""
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() * 10 ** (_SILENCE_DB / 20))
    word = samples[max(0, loud[0] - _FADE_SAMPLES) : loud[-1] + _FADE_SAMPLES].copy()
    fade = np.linspace(0, 1, _FADE_SAMPLES, endpoint=False)
    word[:_FADE_SAMPLES] *= fade
    word[-_FADE_SAMPLES:] *= fade[::-1]
    return word


class _Espeak:
    """A copy of eSpeak NG of our own, which has spoken nothing yet, so that it always starts alike.

    The library's state (random numbers, filters) is global to it and survives `espeak_Terminate`; the
    same file opened twice is the same library, a copied file is another.
    """

    def __init__(self, seed: int) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise SourceError(MISSING) from error
        with tempfile.TemporaryDirectory() as private:
            copied = shutil.copy(espeakng_loader.get_library_path(), private)
            self._library = ctypes.CDLL(copied)
        self._heard = bytearray()
        self._callback = _SYNTH_CALLBACK(self._hear)  # kept: the library holds a bare pointer to it
        self._rate_hz = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _INITIALIZE_DONT_EXIT
        )
        if self._rate_hz <= 0:
            raise SourceError("data.source='synthetic': eSpeak NG does not start; reinstall espeakng-loader")
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(seed))

    def speak(self, word: str, speaker: Speaker, rng: np.random.Generator) -> NDArray[np.float64]:
        """The word at 16 kHz, short enough for a clip; a speaker says it a little differently each time."""
        words_per_minute = speaker.words_per_minute * rng.uniform(0.9, 1.1)
        pitch = speaker.pitch + int(rng.integers(-4, 5))
        while True:
            samples = _trimmed(self._say(word, speaker, round(words_per_minute), pitch))
            if len(samples) <= _LONGEST_WORD_SAMPLES:
                return samples
            words_per_minute *= 1.1

    def _say(self, word: str, speaker: Speaker, words_per_minute: int, pitch: int) -> NDArray[np.float64]:
        if self._library.espeak_SetVoiceByName(speaker.voice.encode()) != 0:
            raise SourceError(f"data.source='synthetic': eSpeak NG does not know the voice {speaker.voice!r}")
        for parameter, value in (
            (_RATE_PARAMETER, words_per_minute),
            (_PITCH_PARAMETER, pitch),
            (_RANGE_PARAMETER, speaker.pitch_range),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._heard.clear()
        text = word.encode() + b"\0"
        size = ctypes.c_size_t(len(text))
        self._library.espeak_Synth(text, size, 0, _POSITION_CHARACTER, 0, _FLAGS, None, None)
        if not self._heard:
            raise SourceError(
                f"data.source='synthetic': eSpeak NG is silent for {word!r} by {speaker.voice!r}"
            )
        native = np.frombuffer(self._heard, "<i2").astype(np.float64) / 32768
        shared = math.gcd(SAMPLE_RATE_HZ, self._rate_hz)
        return resample_poly(native, SAMPLE_RATE_HZ // shared, self._rate_hz // shared)

    def _hear(self, samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._heard += ctypes.string_at(samples, 2 * count)
        return 0  # go on
