"""Features from WAV files: clips per CPU-second against TensorFlow, clip by clip, and where the time goes.

`python benchmarks/features.py [--clips 1000]`
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.fft
from measuring import (
    SAMPLE_RATE_HZ,
    Rate,
    arguments,
    best_rates,
    print_table,
    quiet_tensorflow,
    real_clips,
)
from reference import reference_dataset

from soundcheck.config import FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.data.waveforms import read_waveforms
from soundcheck.features.shards import write_shards
from soundcheck.features.spectrogram import compute, geometry
from soundcheck.store import Parts

CLIPS_AT_ONCE = 128
REFERENCE = "reference: tf.data, clip by clip"
SHARDS = "files to shards"
READING = "only reading, verifying, decoding"
COMPUTING = "only waveforms to features"
FFT = "only the FFT, frames ready"


def works(folder: Path, clips: pd.DataFrame, features: FeaturesConfig) -> dict[str, Callable[[], int]]:
    """The reference first, then what Soundcheck does, by less and less of it."""
    shape = geometry(features, SAMPLE_RATE_HZ)
    paths = [str(folder / path) for path in clips["path"]]
    dataset = reference_dataset(paths, [0] * len(paths), features, SAMPLE_RATE_HZ)
    source = Source(folder, digest="")
    waveforms = read_waveforms(source, clips.iloc[:CLIPS_AT_ONCE], SAMPLE_RATE_HZ, shape.clip_length)
    precision, fft_clips = (np.float32, 4) if features.kind == "stft" else (np.float64, 1)  # as `compute`
    frames = np.random.default_rng(0).random((fft_clips, shape.frames, shape.fft_length)).astype(precision)
    stores = (folder / f"store-{features.kind}-{number}" for number in count())

    def chunks() -> Iterator[pd.DataFrame]:
        return (clips.iloc[start : start + CLIPS_AT_ONCE] for start in range(0, len(clips), CLIPS_AT_ONCE))

    def reference() -> int:
        return sum(len(batch) for batch, _ in dataset)

    def shards() -> int:
        return write_shards(clips, source, features, SAMPLE_RATE_HZ, Parts(next(stores))).clips

    def from_files() -> int:
        read = (read_waveforms(source, chunk, SAMPLE_RATE_HZ, shape.clip_length) for chunk in chunks())
        return sum(len(compute(chunk, features, SAMPLE_RATE_HZ)) for chunk in read)

    def reading() -> int:
        return sum(
            len(read_waveforms(source, chunk, SAMPLE_RATE_HZ, shape.clip_length)) for chunk in chunks()
        )

    def computing() -> int:
        return sum(len(compute(waveforms[: len(chunk)], features, SAMPLE_RATE_HZ)) for chunk in chunks())

    def bare_fft() -> int:
        return sum(len(scipy.fft.rfft(frames)) for _ in range(len(clips) // fft_clips))

    return {
        REFERENCE: reference,
        SHARDS: shards,
        "files to features": from_files,
        READING: reading,
        COMPUTING: computing,
        FFT: bare_fft,
    }


def print_steps(rates: Mapping[str, Rate]) -> None:
    """Where the CPU time from files to shards goes; what is not reading or computing is the rest."""
    whole, reading, computing, fft = (
        1e6 / rates[name].clips_per_cpu_s for name in (SHARDS, READING, COMPUTING, FFT)
    )
    steps = {
        "read, verify, decode": reading,
        "the FFT itself": fft,
        "around it: window, magnitudes, bands": computing - fft,
        "convert, frame, hash, write": whole - reading - computing,
        SHARDS: whole,
    }
    print(f"\n{'':36}  CPU us/clip  share")
    for name, cost_us in steps.items():
        print(f"{name:36}  {cost_us:11.1f}  {cost_us / whole:5.0%}")


def main() -> None:
    """Prints a table for each kind of features."""
    options = arguments("Features from WAV files, against TensorFlow.")
    quiet_tensorflow()
    with tempfile.TemporaryDirectory() as name:
        clips = real_clips(Path(name), options.clips)
        for kind in ("stft", "log_mel"):
            candidates = works(Path(name), clips, FeaturesConfig.model_validate({"kind": kind}))
            rates = best_rates(candidates, options.repeats)
            print_table(f"{kind}, {len(clips)} clips", rates)
            print_steps(rates)


if __name__ == "__main__":
    main()
