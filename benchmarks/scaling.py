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
BAR_US = 10
Result = TypeVar("Result")


@dataclass(frozen=True)
class Cost:
    """What a stage took."""

    result: Any
    cpu_s: float
    peak_mib: float


def main() -> None:
    """Prints a table for each stage, a row a size."""
    parser = argparse.ArgumentParser(description="Cost a clip and peak memory from 1 000 to 100 000 clips.")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="stop at this many clips")
    sizes = [size for size in SIZES if size <= parser.parse_args().largest]
    with tempfile.TemporaryDirectory() as name:
        clips, home = Path(name) / "clips", Path(name) / "home"
        require_space(Path(name), sizes[-1])
        costs: dict[str, dict[int, Cost]] = {"ingest": {}, "spectrograms": {}}
        for smaller, size in zip([0, *sizes], sizes, strict=False):
            in_own_process(add_copies, clips, smaller, size)
            costs["ingest"][size] = in_own_process(ingest, clips, home)
            manifest = costs["ingest"][size].result
            costs["spectrograms"][size] = in_own_process(spectrograms, clips, home, manifest)
            shutil.rmtree(home)  # else the features of the smaller size would be taken over
    for stage, by_size in costs.items():
        print_costs(stage, by_size)


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
    return measured(lambda: manifest_of(locate(data, home), Store(home / "store")))


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


def print_costs(stage: str, by_size: dict[int, Cost]) -> None:
    """One line a size, with a bar as long as the cost of a clip."""
    print(f"\n{stage:14}{'clips':>8}{'CPU s':>8}{'peak MiB':>10}{'CPU us/clip':>13}")
    for size, cost in by_size.items():
        us_a_clip = cost.cpu_s / size * 1e6
        bar = "#" * round(us_a_clip / BAR_US)
        print(f"{'':14}{size:8}{cost.cpu_s:8.1f}{cost.peak_mib:10.0f}{us_a_clip:13.0f}  {bar}")


if __name__ == "__main__":
    main()
