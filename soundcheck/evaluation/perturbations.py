"""Perturbations: what may happen to a sound between a mouth and a model, one thing at a time.

Conventions:
    A perturbation is a function `(samples, sample_rate_hz, strength, seed) -> samples` of waveforms
    (clips, length), float32, that keeps their shape and leaves its input alone. The strength's unit is in its
    name; one strength changes nothing. The same seed gives the same noise and the same lost packets, at every
    strength: what is compared along a curve then differs in the strength alone.
    Nothing is limited to full scale but by `clip_peaks`, and nothing is rounded to 16 bits: noise, gain and
    overload are told apart.
    A signal-to-noise ratio is that of the variances over the whole clip, its pauses included; an offset is no
    sound.

Perturbations:
    `add_white_noise`, `background_noise`, `shift_time`, `change_gain`, `change_speed`, `shift_pitch`,
    `low_pass`, `clip_peaks`, `pad_with_silence`, `drop_packets`.
    `noise_perturbations` and `all_perturbations` are the tables of them with the strengths to be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.phase_vocoder import stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Waveforms: TypeAlias = NDArray[np.float32]
    Change: TypeAlias = Callable[[Waveforms, int, float, int], Waveforms]

PACKET_MS = 20
"""What a packet of speech usually holds: the default of RTP's profile for audio (RFC 3551, section 4.2)."""

_FILTER_ORDER = 8
_FILTER_PAD_MS = 100  # the response of the low pass has died away by then, so that ends do not meet
_FINENESS = 1000  # of a ratio of speeds: within a hundredth of a semitone


@dataclass(frozen=True)
class Perturbation:
    """A perturbation with the strengths at which it is tried.

    Attributes:
        name: in words, such as `white noise`.
        quantity: what the strength is, such as `signal-to-noise ratio`.
        unit: of the strength.
        strengths: those to be tried, ascending.
        unchanged: the strength that changes nothing; None where that is an infinite one.
        change: the function.
    """

    name: str
    quantity: str
    unit: str
    strengths: tuple[float, ...]
    unchanged: float | None
    change: Change


def noise_perturbations(recordings: Sequence[Waveforms] = ()) -> list[Perturbation]:
    """White noise, and background noise where there are recordings of it, from 30 down to -5 dB.

    Args:
        recordings: as `background_noise` takes them.
    """
    changes: dict[str, Change] = {"white noise": add_white_noise}
    if recordings:
        changes["background noise"] = background_noise(recordings)
    ratios_db = (-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0)
    return [
        Perturbation(name, "signal-to-noise ratio", "dB", ratios_db, None, change)
        for name, change in changes.items()
    ]


def all_perturbations(recordings: Sequence[Waveforms] = ()) -> list[Perturbation]:
    """Every perturbation, the noises first.

    Args:
        recordings: as `background_noise` takes them.
    """
    both_ways = (-300.0, -200.0, -100.0, -50.0, 50.0, 100.0, 200.0, 300.0)
    gains_db = (-40.0, -30.0, -20.0, -10.0, 10.0, 20.0)
    speeds = (60.0, 70.0, 80.0, 90.0, 110.0, 120.0, 135.0, 150.0)
    pitches = (-8.0, -6.0, -4.0, -2.0, 2.0, 4.0, 6.0, 8.0)
    cutoffs_hz = (500.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0)
    overloads_db = (5.0, 10.0, 15.0, 20.0, 30.0)
    silences_ms = (200.0, 300.0, 400.0, 500.0, 600.0, 700.0)
    losses = (2.0, 5.0, 10.0, 20.0, 30.0, 50.0)
    return [
        *noise_perturbations(recordings),
        Perturbation("time shift", "shift, later above 0", "ms", both_ways, 0.0, shift_time),
        Perturbation("gain", "gain", "dB", gains_db, 0.0, change_gain),
        Perturbation("speed", "speed", "%", speeds, 100.0, change_speed),
        Perturbation("pitch", "pitch at constant speed", "semitones", pitches, 0.0, shift_pitch),
        Perturbation("low pass", "cut-off frequency", "Hz", cutoffs_hz, None, low_pass),
        Perturbation("clipping", "peak over full scale", "dB", overloads_db, 0.0, clip_peaks),
        Perturbation("silence padding", "silence around the word", "ms", silences_ms, 0.0, pad_with_silence),
        Perturbation("dropped packets", "packets lost", "%", losses, 0.0, drop_packets),
    ]


def add_white_noise(samples: Waveforms, _sample_rate_hz: int, snr_db: float, seed: int) -> Waveforms:
    """Adds Gaussian noise at a signal-to-noise ratio in dB, exact for every clip; infinity adds none."""
    noise = np.random.default_rng(seed).standard_normal(samples.shape, np.float32)
    return _mixed(samples, noise, snr_db)


def background_noise(recordings: Sequence[Waveforms]) -> Change:
    """The perturbation that adds a stretch of a recording to each clip, at a signal-to-noise ratio in dB.

    Args:
        recordings: each (samples,), at the sample rate of the clips; one that is too short is repeated.

    Raises:
        SoundcheckError: where there is no recording, or one without a sample.
    """
    if not recordings or not all(len(recording) for recording in recordings):
        raise SoundcheckError("recordings has none, or an empty one; give samples of background noise")

    def add_background_noise(samples: Waveforms, _sample_rate_hz: int, snr_db: float, seed: int) -> Waveforms:
        generator, noise = np.random.default_rng(seed), np.empty_like(samples)
        for row in noise:
            recording = recordings[generator.integers(len(recordings))]
            start = generator.integers(max(1, len(recording) - len(row) + 1))
            row[:] = np.take(recording, np.arange(start, start + len(row)), mode="wrap")
        return _mixed(samples, noise, snr_db)

    return add_background_noise


def shift_time(samples: Waveforms, sample_rate_hz: int, shift_ms: float, _seed: int) -> Waveforms:
    """Moves the sound later, or earlier below 0 ms; zeros follow up, and what leaves the clip is lost."""
    shift = round(shift_ms * sample_rate_hz / 1000)
    length = samples.shape[1]
    kept = max(0, length - abs(shift))
    later, earlier = max(0, shift), max(0, -shift)
    shifted = np.zeros_like(samples)
    shifted[:, later : later + kept] = samples[:, earlier : earlier + kept]
    return shifted


def change_gain(samples: Waveforms, _sample_rate_hz: int, gain_db: float, _seed: int) -> Waveforms:
    """Makes the sound louder by so many dB, or quieter below 0."""
    return samples * np.float32(10 ** (gain_db / 20))


def change_speed(samples: Waveforms, _sample_rate_hz: int, speed_percent: float, _seed: int) -> Waveforms:
    """Plays the sound faster and higher, or slower and lower below 100 %, about the middle of the clip.

    Raises:
        SoundcheckError: unless the speed is at least 1 %.
    """
    from soundcheck.data.audio import resample

    _require("speed_percent", speed_percent, 1, np.inf)
    played, speed = np.zeros_like(samples), round(_FINENESS * speed_percent / 100)
    for row, clip in zip(played, samples, strict=True):
        _put_centred(row, resample(clip, speed, _FINENESS))
    return played


def shift_pitch(samples: Waveforms, sample_rate_hz: int, semitones: float, _seed: int) -> Waveforms:
    """Moves all frequencies, formants with them, by semitones at constant speed.

    The sound is stretched by a phase vocoder and played faster by as much.
    """
    from soundcheck.data.audio import resample

    speed = round(_FINENESS * 2 ** (semitones / 12))
    if speed == _FINENESS:
        return samples.copy()
    stretched = stretch(samples, sample_rate_hz, speed / _FINENESS)
    shifted = np.zeros_like(samples)
    for row, clip in zip(shifted, stretched, strict=True):
        played = resample(clip, speed, _FINENESS)[: len(row)]
        row[: len(played)] = played
    return shifted


def low_pass(samples: Waveforms, sample_rate_hz: int, cutoff_hz: float, _seed: int) -> Waveforms:
    """Weakens what is above a frequency in Hz: 3 dB at it, 48 dB an octave beyond, without delay.

    The magnitude is that of Butterworth's filter of order 8. From half the sample rate on, nothing changes.

    Raises:
        SoundcheckError: unless the frequency is above 0.
    """
    import scipy.fft

    _require("cutoff_hz", cutoff_hz, np.nextafter(0, 1), np.inf)
    if cutoff_hz >= sample_rate_hz / 2:
        return samples.copy()
    length = samples.shape[1]
    padded: Any = scipy.fft.next_fast_len(length + round(_FILTER_PAD_MS * sample_rate_hz / 1000), real=True)
    frequencies_hz = np.fft.rfftfreq(padded, 1 / sample_rate_hz)
    weights = 1 / np.sqrt(1 + (frequencies_hz / cutoff_hz) ** (2 * _FILTER_ORDER))
    spectra: Any = scipy.fft.rfft(samples, padded)
    filtered: Any = scipy.fft.irfft(spectra * weights.astype(np.float32), padded)
    return filtered[:, :length]


def clip_peaks(samples: Waveforms, _sample_rate_hz: int, overload_db: float, _seed: int) -> Waveforms:
    """Cuts off the peaks as when each clip had been recorded so many dB too loud, at its own loudness again.

    Raises:
        SoundcheckError: for less than 0 dB.
    """
    _require("overload_db", overload_db, 0, np.inf)
    full_scale = np.abs(samples).max(axis=1, keepdims=True) * np.float32(10 ** (-overload_db / 20))
    return np.clip(samples, -full_scale, full_scale)


def pad_with_silence(samples: Waveforms, sample_rate_hz: int, silence_ms: float, _seed: int) -> Waveforms:
    """Leaves the loudest stretch of each clip where it is, and zeros in place of so many ms around it.

    That is a clip cut out by a detector of speech: the same word, without the noise of the room around it.

    Raises:
        SoundcheckError: unless the silence lasts from nothing to the whole clip.
    """
    length = samples.shape[1]
    _require("silence_ms", silence_ms, 0, 1000 * length / sample_rate_hz)
    kept = length - round(silence_ms * sample_rate_hz / 1000)
    energy = np.cumsum(np.square(samples, dtype=np.float64), axis=1)
    energy = np.pad(energy, ((0, 0), (1, 0)))
    start = (energy[:, kept:] - energy[:, : length + 1 - kept]).argmax(axis=1)[:, np.newaxis]
    places = np.arange(length)
    return np.where((places >= start) & (places < start + kept), samples, np.float32(0))


def drop_packets(samples: Waveforms, sample_rate_hz: int, loss_percent: float, seed: int) -> Waveforms:
    """Zeros in place of so many per cent of the packets of 20 ms, rounded to whole packets, drawn at random.

    What is lost at one rate is lost at every higher one too.

    Raises:
        SoundcheckError: unless from 0 to 100 % are lost.
    """
    _require("loss_percent", loss_percent, 0, 100)
    clips, length = samples.shape
    packet = max(1, round(PACKET_MS * sample_rate_hz / 1000))
    packets = -(-length // packet)
    ranks = np.random.default_rng(seed).random((clips, packets)).argsort(axis=1).argsort(axis=1)
    is_lost = ranks < round(packets * loss_percent / 100)
    return np.where(np.repeat(is_lost, packet, axis=1)[:, :length], np.float32(0), samples)


def _mixed(samples: Waveforms, noise: Waveforms, snr_db: float) -> Waveforms:
    """Samples with noise whose variance is that of the clip less so many dB; silence stays silent."""
    wanted = samples.var(axis=1, dtype=np.float64) * 10 ** (-snr_db / 10)
    present = noise.var(axis=1, dtype=np.float64)
    squares = np.divide(wanted, present, out=np.zeros_like(wanted), where=present > 0)
    factors = np.sqrt(squares).astype(np.float32)[:, np.newaxis]
    return samples + factors * (noise - noise.mean(axis=1, keepdims=True))


def _put_centred(row: Waveforms, sound: Waveforms) -> None:
    """Writes a sound into a row, the middle of one on that of the other, as far as it fits."""
    surplus = (len(sound) - len(row)) // 2
    if surplus >= 0:
        row[:] = sound[surplus : surplus + len(row)]
    else:
        row[-surplus : -surplus + len(sound)] = sound


def _require(name: str, value: float, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:
        raise SoundcheckError(f"{name} must be from {lowest:g} to {highest:g}; received {value:g}")
