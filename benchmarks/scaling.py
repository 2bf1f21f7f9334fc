"""From 1 000 to 100 000 clips: CPU time a clip and peak memory of ingest and of the spectrograms.

`python benchmarks/scaling.py [--largest 10000]`; 100 000 clips need 5 GB of temporary space

The clips are real ones with their lowest bits drawn anew, so that each has bytes of its own. Each stage of
each size is a process of its own; its peak memory includes what it imports.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
import wave
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from measuring import archive_path

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
BYTES_A_CLIP = 50_000  # its file and its features
Result = TypeVar("Result")


@dataclass(frozen=True)
class Cost:
    """What a stage took."""

    result: Any
    cpu_s: float
    peak_mib: float


def main() -> None:
    """Prints a row a size."""
    parser = argparse.ArgumentParser(description="Cost a clip and peak memory from 1 000 to 100 000 clips.")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="stop at this many clips")
    sizes = [size for size in SIZES if size <= parser.parse_args().largest]
    with tempfile.TemporaryDirectory() as name:
        clips, home = Path(name) / "clips", Path(name) / "home"
        require_space(Path(name), sizes[-1])
        print(f"{'':>8}{'ingest':>22}{'spectrograms':>22}\n{'clips':>8}" + 2 * f"{'us/clip':>12}{'MiB':>10}")
        for smaller, size in zip([0, *sizes], sizes, strict=False):
            in_own_process(add_copies, clips, smaller, size)
            listed = in_own_process(ingest, clips, home)
            computed = in_own_process(spectrograms, clips, home, listed.result)
            shutil.rmtree(home)  # else the next size would take these features over
            print_costs(size, listed, computed)


def require_space(folder: Path, clips: int) -> None:
    """Ends with a message where the temporary folder has too little space."""
    needed, free = clips * BYTES_A_CLIP, shutil.disk_usage(folder).free
    if free < needed:
        raise SystemExit(
            f"{folder} has {free / 1e9:.1f} GB free, {clips} clips need {needed / 1e9:.1f}: "
            "set TMPDIR, or give a smaller --largest"
        )


def in_own_process(work: Callable[..., Result], *arguments: Any) -> Result:
    """Calls a function in a new interpreter, so that memory that was used before does not count."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def measured(work: Callable[[], Any]) -> Cost:
    """What a call took; the peak memory is that of the process so far."""
    started_s = time.process_time()
    result = work()
    cpu_s = time.process_time() - started_s
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # Linux's unit
    return Cost(result, cpu_s, peak_kib / 1024)


def ingest(clips: Path, home: Path) -> Cost:
    """The digest of all clips, then their manifest."""
    from stages import manifest_of

    from soundcheck.config import DataConfig
    from soundcheck.data.sources import locate
    from soundcheck.store import Store

    data = DataConfig(source=str(clips))
    return measured(lambda: manifest_of(locate(data, home), Store(home / "store")).artifact)


def spectrograms(clips: Path, home: Path, manifest: Artifact) -> Cost:
    """Log-mel features as float16."""
    from stages import shards_of

    from soundcheck.config import DataConfig, FeaturesConfig
    from soundcheck.data.sources import locate
    from soundcheck.store import Store

    source = locate(DataConfig(source=str(clips)), home)
    return measured(lambda: shards_of(source, manifest, Store(home / "store"), FeaturesConfig()))


def add_copies(folder: Path, first: int, end: int) -> None:
    """Writes the clips of these numbers as LABEL/clip.wav: all real ones in turn, then again."""
    import numpy as np

    with zipfile.ZipFile(archive_path()) as archive:
        wav_files = (Path(name) for name in archive.namelist() if name.endswith(".wav"))
        real = sorted(wav_files, key=lambda path: (path.name, path))  # the labels take turns
        for label in {path.parent.name for path in real}:
            (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(first, end):
            original = real[number % len(real)]
            with archive.open(str(original)) as file, wave.open(file) as clip:
                parameters = clip.getparams()
                samples = np.frombuffer(clip.readframes(parameters.nframes), "<i2")
            lowest_bits = np.random.default_rng(number).integers(0, 2, len(samples), np.int16)
            copy = folder / original.parent.name / f"{original.stem}_{number}.wav"
            with wave.open(str(copy), "wb") as clip:
                clip.setparams(parameters)
                clip.writeframes((samples ^ lowest_bits).tobytes())


def print_costs(clips: int, *costs: Cost) -> None:
    """The row of a size: CPU time a clip and peak memory of each stage."""
    cells = (f"{cost.cpu_s / clips * 1e6:12.0f}{cost.peak_mib:10.0f}" for cost in costs)
    print(f"{clips:8}{''.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
