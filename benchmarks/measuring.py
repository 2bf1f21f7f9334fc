"""What the benchmarks share: the real clips, CPU time, a table."""

from __future__ import annotations

import argparse
import hashlib
import os
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLE_RATE_HZ = 16000


@dataclass(frozen=True)
class Rate:
    """Clips a second, by the CPU time of the whole process and by the clock."""

    clips_per_cpu_s: float
    clips_per_wall_s: float


def arguments(description: str) -> argparse.Namespace:
    """`--clips` and `--repeats`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--clips", type=int, default=8000, help="how many clips, for a quick look")
    parser.add_argument("--repeats", type=int, default=3, help="the best of so many is shown")
    return parser.parse_args()


def quiet_tensorflow() -> None:
    """Keeps its log off the terminal and takes our flows' kernels; to be called before it is imported."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # see `tasks/__init__.py`


def archive_path() -> Path:
    """The real clips: in `SOUNDCHECK_TEST_DATA`, else in `shared/data` beside the repository."""
    folder = Path(os.environ.get("SOUNDCHECK_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    return folder / "mini_speech_commands.zip"


def real_clips(folder: Path, clips: int) -> pd.DataFrame:
    """Unpacks real clips into a folder: evenly spaced over the words, eight tenths for training."""
    rows: list[dict[str, str | int]] = []
    with zipfile.ZipFile(archive_path()) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".wav"))
        for number, name in enumerate(names[:: max(1, len(names) // clips)][:clips]):
            content = archive.read(name)
            archive.extract(name, folder)
            split = {8: "validation", 9: "test"}.get(number % 10, "train")
            digest = hashlib.sha256(content).hexdigest()
            row = {"clip_digest": digest, "path": name, "label": Path(name).parent.name, "split": split}
            rows.append(
                row | {"file": name, "file_digest": digest, "start_frame": 0, "frames": SAMPLE_RATE_HZ}
            )
    return pd.DataFrame(rows)


def best_rates(works: Mapping[str, Callable[[], int]], repeats: int) -> dict[str, Rate]:
    """The best rate of each work, which returns how many clips it did; they take turns."""
    best: dict[str, Rate] = {}
    for _ in range(repeats):
        for name, work in works.items():
            cpu_start_s, wall_start_s = time.process_time(), time.perf_counter()
            clips = work()
            cpu_s, wall_s = time.process_time() - cpu_start_s, time.perf_counter() - wall_start_s
            rate = Rate(clips / cpu_s, clips / wall_s)
            best[name] = max(rate, best.get(name, rate), key=lambda rate: rate.clips_per_cpu_s)
    return best


def print_table(title: str, rates: Mapping[str, Rate]) -> None:
    """One line a work, with its ratio to the first by CPU time."""
    reference = next(iter(rates.values())).clips_per_cpu_s
    width = max(map(len, rates))
    print(f"\n{title}\n{'':{width}}  clips/CPU-s  clips/s  ratio")
    for name, rate in rates.items():
        ratio = rate.clips_per_cpu_s / reference
        print(f"{name:{width}}  {rate.clips_per_cpu_s:11.0f}  {rate.clips_per_wall_s:7.0f}  {ratio:5.2f}")
