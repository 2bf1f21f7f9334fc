"""Features from WAV files: clips per CPU-second against TensorFlow, clip by clip, and against the bare FFT.

`python benchmarks/features.py [--clips 1000]`
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.fft
from measuring import SAMPLE_RATE_HZ, arguments, best_rates, print_table, real_clips
from reference import reference_dataset

from soundcheck.config import FeaturesConfig
from soundcheck.data.audio import read_waveforms
from soundcheck.features.shards import write_shards
from soundcheck.features.spectrogram import compute, geometry
from soundcheck.store import Parts

CLIPS_AT_ONCE = 256


def works(folder: Path, clips: pd.DataFrame, features: FeaturesConfig) -> dict[str, Callable[[], int]]:
    """The reference first, then what Soundcheck does, by less and less of it."""
    shape = geometry(features, SAMPLE_RATE_HZ)
    paths = [str(folder / path) for path in clips["path"]]
    dataset = reference_dataset(paths, [0] * len(paths), features, SAMPLE_RATE_HZ)
    waveforms = read_waveforms(folder, clips.iloc[:CLIPS_AT_ONCE], SAMPLE_RATE_HZ, shape.clip_length)
    precision = np.float32 if features.kind == "stft" else np.float64
    frames = np.random.default_rng(0).random((16, shape.frames, shape.fft_length)).astype(precision)
    stores = (folder / f"store-{features.kind}-{number}" for number in count())

    def chunks() -> Iterator[pd.DataFrame]:
        return (clips.iloc[start : start + CLIPS_AT_ONCE] for start in range(0, len(clips), CLIPS_AT_ONCE))

    def reference() -> int:
        return sum(len(batch) for batch, _ in dataset)

    def shards() -> int:
        parts = Parts(next(stores))
        return write_shards(clips, folder, features, SAMPLE_RATE_HZ, parts, recipe="").clips

    def from_files() -> int:
        read = (read_waveforms(folder, chunk, SAMPLE_RATE_HZ, shape.clip_length) for chunk in chunks())
        return sum(len(compute(chunk, features, SAMPLE_RATE_HZ)) for chunk in read)

    def reading() -> int:
        return sum(
            len(read_waveforms(folder, chunk, SAMPLE_RATE_HZ, shape.clip_length)) for chunk in chunks()
        )

    def computing() -> int:
        return sum(len(compute(waveforms, features, SAMPLE_RATE_HZ)) for _ in chunks())

    def bare_fft() -> int:
        return sum(len(scipy.fft.rfft(frames)) for _ in range(len(clips) // len(frames)))

    return {
        "reference: tf.data, clip by clip": reference,
        "files to shards": shards,
        "files to features": from_files,
        "only reading and verifying files": reading,
        "only waveforms to features": computing,
        "only the FFT, frames ready": bare_fft,
    }


def main() -> None:
    """Prints a table for each kind of features."""
    options = arguments("Features from WAV files, against TensorFlow.")
    with tempfile.TemporaryDirectory() as name:
        clips = real_clips(Path(name), options.clips)
        for kind in ("stft", "log_mel"):
            candidates = works(Path(name), clips, FeaturesConfig.model_validate({"kind": kind}))
            print_table(f"{kind}, {len(clips)} clips", best_rates(candidates, options.repeats))


if __name__ == "__main__":
    main()
