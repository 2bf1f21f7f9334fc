"""Ten clips of 8000 altered, added, removed, relabelled: the feature work, as a share of that from nothing.

`python benchmarks/changed_clips.py [--clips 1000]`, on the real clips

Each change is made after the one before it. What is measured is the CPU time of the stage `spectrograms`. The
time that it takes where every shard is there, for the manifest, the index and the verification of all shards
by their SHA-256, is no work on features: it is taken off, and stands beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from measuring import archive_path, arguments, real_clips
from stages import manifest_of, shards_of, without_work_s

from soundcheck.config import DataConfig, FeaturesConfig
from soundcheck.data.sources import locate
from soundcheck.store import Store

CHANGED = 10
LIMIT = 0.01


@dataclass(frozen=True)
class Work:
    """What the stage did, in its own words; the shards it wrote; its CPU time, and that without work."""

    note: str
    shards_written: int
    cpu_s: float
    without_work_s: float

    @property
    def on_features_s(self) -> float:
        """CPU time of reading and computing clips, and of writing shards."""
        return self.cpu_s - self.without_work_s


def main() -> None:
    """Prints a table for the features of each preset."""
    options = arguments("Feature work after a change of ten clips.")
    for kind in ("log_mel", "stft"):
        features = FeaturesConfig.model_validate({"kind": kind})
        rounds = [one_round(features, options.clips) for _ in range(options.repeats)]
        best = {
            name: min((one[name] for one in rounds), key=lambda work: work.on_features_s)
            for name in rounds[0]
        }
        print_works(f"{kind}, {options.clips} clips, best of {options.repeats}", best)


def one_round(features: FeaturesConfig, clips: int) -> dict[str, Work]:
    """The work from nothing, then that after each change, on a folder and a store of their own."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        real_clips(home, clips)
        root = home / archive_path().stem
        originals = sorted(root.glob("*/*.wav"))
        works = {"from nothing": work(root, home, features)}
        for number, change in enumerate((alter, add, remove, relabel)):
            change(originals[number :: len(originals) // CHANGED][:CHANGED])
            works[f"{change.__name__} {CHANGED}"] = work(root, home, features)
    return works


def work(root: Path, home: Path, features: FeaturesConfig) -> Work:
    """Brings the shards up to what lies in the folder now."""
    store = Store(home / "store")
    source = locate(DataConfig(source=str(root)), home)
    manifest = manifest_of(source, store).artifact
    before = shard_files(store)
    shards = shards_of(source, manifest, store, features)
    written = len(shard_files(store) - before)
    if shards.reused:
        return Work("an earlier result is reused", written, shards.cpu_s, shards.cpu_s)
    note = store.inventory(shards.artifact).note
    without_s = without_work_s(source, manifest, shards.artifact, store, features)
    return Work(note, written, shards.cpu_s, without_s)


def shard_files(store: Store) -> set[Path]:
    """The files of all shards, those of earlier results too."""
    return {path for path in (store.root / "parts").rglob("*") if path.is_file()}


def alter(clips: list[Path]) -> None:
    """The last sample of each gets another lowest bit."""
    for path in clips:
        path.write_bytes(with_another_last_bit(path))


def add(clips: list[Path]) -> None:
    """Altered copies of them, under new names."""
    for path in clips:
        path.with_stem(f"{path.stem}_copy").write_bytes(with_another_last_bit(path))


def remove(clips: list[Path]) -> None:
    """Deletes them."""
    for path in clips:
        path.unlink()


def relabel(clips: list[Path]) -> None:
    """Moves each into the folder of another label."""
    for path in clips:
        labels = sorted(folder for folder in path.parents[1].iterdir() if folder.is_dir())
        path.rename(labels[labels.index(path.parent) - 1] / f"{path.stem}_moved.wav")


def with_another_last_bit(path: Path) -> bytes:
    """The bytes of a clip of 16-bit samples that nobody could tell by ear."""
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    return bytes(content)


def print_works(title: str, works: Mapping[str, Work]) -> None:
    """One line a change, with its share of the work from nothing."""
    whole_s = works["from nothing"].on_features_s
    print(f"\n{title}\n{'':15}{'shards':>8}{'CPU s':>9}{'share':>8}{'all else':>11}  what was done")
    for name, one in works.items():
        share = one.on_features_s / whole_s
        row = (
            f"{name:15}{one.shards_written:8}{one.on_features_s:9.3f}{share:8.2%}{one.without_work_s:9.3f} s"
        )
        print(f"{row}  {one.note}")
    print(f"{'limit':15}{'':17}{LIMIT:8.2%}")


if __name__ == "__main__":
    main()
