"""What the checks of clips find: defects injected into real clips, and alarms on the untouched ones.

`python benchmarks/validator_power.py [--clips 8000] [--seed 0]`

The thresholds were chosen by looking at the speakers whose number (the hash in a clip's name) is even. Here
defects are injected into clips of the other speakers, 2 % of their clips for each form of defect, into clips
that raise no alarm of their own but for being short. The files are ingested and checked as by `soundcheck
train`.

Of an expectation, an alarm is *found* where a defect was injected that it should find; *natural* where the
clip raises it untouched as well (they are listed below); *allowed* on what follows from the injected defect
(a word that is cut off is shorter, a recording that is clipped has its own offset amplified) and on the clip
that was copied; and *false* else. Precision is found / (found + false); in parentheses with the natural
alarms counted as false. No expectation can see a wrong label: that row is of the label audit, and counts
what is among its most doubtful tenth.

Most of these defects lie well beyond the threshold of what should find them. How sharp the thresholds are
says the table after: the share of clips reported when a measure is set to a multiple of its threshold.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from defects import GRADED, Defect, Graded, Samples, all_defects, between
from measuring import archive_path, real_clips
from numpy.random import Generator

from soundcheck.config import AuditConfig, DataConfig, FeaturesConfig, ValidationConfig
from soundcheck.data.audio import decode
from soundcheck.data.listing import list_clips
from soundcheck.data.near_duplicates import mark_near_duplicates
from soundcheck.data.sources import Source
from soundcheck.store import Parts

RATE = 0.02
LOOKED_AT_FRACTION = 0.1
SHORT = between("duration_s")
HEXADECIMAL = 16
MULTIPLES = (0.5, 0.8, 1.25, 1.5)
SHARPNESS_ROW = "{:72}{:>9}{:>8}{:>8}{:>8}"
ROW = "{:72}{:>9}{:>7}{:>8}{:>7}{:>9}{:>17}"


@dataclass(frozen=True)
class Checked:
    """What the suite found in a folder of clips.

    Attributes:
        manifest: by file.
        alarms: expectations and the files that are not as expected, in the order of the suite.
    """

    manifest: pd.DataFrame
    alarms: dict[str, list[str]]

    def has(self, expectation: str, file: str) -> bool:
        """Whether a file raises an alarm."""
        return file in self.alarms.get(expectation, ())

    def value(self, expectation: str, file: str) -> str:
        """What an expectation looks at, in words."""
        column = expectation.partition("(")[2].rstrip(")").partition(",")[0]
        value = self.manifest.at[file, column]
        return str(value)[:12] if isinstance(value, str) else f"{value:.4g}"


@dataclass(frozen=True)
class Injected:
    """A file with a defect, and the clip that it was made from."""

    defect: Defect
    origin: str


def main() -> None:
    """Prints the power of each expectation, and then every alarm on the untouched clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=8000, help="how many clips, for a quick look")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    random = np.random.default_rng(arguments.seed)
    with tempfile.TemporaryDirectory() as temporary:
        first = str(real_clips(Path(temporary), arguments.clips)["path"].iloc[0])
        untouched = Path(temporary) / Path(first).parts[0]
        natural = checked(untouched, Path(temporary) / "docs of the untouched")
        defective = Path(temporary) / "defective"
        injected = inject(untouched, natural, defective, all_defects(list(noise())), random)
        found = checked(defective, Path(temporary) / "docs of the defective")
        print_power(found, natural, injected)
        print_label_audit(found, defective, injected)
        print_sharpness(untouched, natural, Path(temporary), random)
    print_alarms(natural)


def noise() -> Iterator[Samples]:
    """The recordings of background noise that stand beside the real clips."""
    with zipfile.ZipFile(archive_path().parent / "background_noise.zip") as archive:
        for name in archive.namelist():
            yield decode(archive.read(name), ".wav").samples


def checked(folder: Path, data_docs: Path) -> Checked:
    """Ingests a folder LABEL/clip.wav and runs the suite over it."""
    from expectations.checkpoint import run_checkpoint
    from expectations.clips import clips_suite

    data, validation = DataConfig(source=str(folder)), ValidationConfig()
    manifest = list_clips(Source(folder, digest=""), data, clip_duration_ms=1000.0)
    manifest = mark_near_duplicates(manifest, validation.min_near_duplicate_similarity)
    suite = clips_suite(validation.model_dump(), data.sample_rate_hz)
    outcome = run_checkpoint(suite, manifest, "clips", data_docs)
    file_of = dict(zip(manifest["path"], manifest["file"], strict=True))
    alarms: defaultdict[str, list[str]] = defaultdict(list)
    for check in outcome.checks:  # of a measure that has two bounds there are two
        alarms[check.expectation] += [file_of[path] for path in check.failing_paths]
    return Checked(manifest.set_index("file"), alarms)


def inject(
    source: Path, natural: Checked, target: Path, defects: Sequence[Defect], random: Generator
) -> dict[str, Injected]:
    """Writes the clips of the other speakers into `target`, some with a defect; these by path."""
    paths = [path for path in natural.manifest.index if _proves(path)]
    sound = random.permutation(_sound(paths, natural)).tolist()
    labels = sorted({Path(path).parent.name for path in paths})
    injected: dict[str, Injected] = {}
    replaced: set[str] = set()
    for defect in defects:
        for _ in range(round(RATE * len(paths))):
            origin = sound.pop()
            path = _placed(origin, defect, labels, random)
            samples = decode((source / origin).read_bytes(), ".wav").samples
            _write(target / path, defect.inject(samples, random))
            injected[path] = Injected(defect, origin)
            if not defect.is_copy:
                replaced.add(origin)
    for path in set(paths) - replaced:
        _write(target / path, (source / path).read_bytes())
    return injected


def _proves(path: str) -> bool:
    """Whether the clip's speaker is one of those by whom no threshold was chosen."""
    return int(Path(path).name.partition("_")[0], HEXADECIMAL) % 2 == 1


def _sound(paths: Sequence[str], natural: Checked) -> list[str]:
    """Those that raise no alarm of their own but for being short."""
    alarmed = {file for name, files in natural.alarms.items() if name != SHORT for file in files}
    return [path for path in paths if path not in alarmed]


def _placed(origin: str, defect: Defect, labels: Sequence[str], random: Generator) -> str:
    """Where a defective clip stands; beside or under another label it has a name of its own."""
    label, name = Path(origin).parts
    if defect.other_label:
        label = str(random.choice([other for other in labels if other != label]))
    if defect.is_copy or defect.other_label:
        name = f"{Path(name).stem}_from_{Path(origin).parent.name}.wav"
    return f"{label}/{name}"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def print_power(found: Checked, natural: Checked, injected: Mapping[str, Injected]) -> None:
    """One row an expectation that a defect should raise; what was missed, and every false alarm."""
    kinds = {one.defect.name: one.defect for one in injected.values()}
    print(f"{len(found.manifest)} clips, {len(injected)} with one of {len(kinds)} forms of defect\n")
    print(ROW.format("", "injected", "found", "recall", "false", "natural", "precision"))
    for expectation in dict.fromkeys(name for defect in kinds.values() for name in defect.found_by):
        _print_row(expectation, found, natural, injected)


def _print_row(expectation: str, found: Checked, natural: Checked, injected: Mapping[str, Injected]) -> None:
    wanted = {path: one for path, one in injected.items() if expectation in one.defect.found_by}
    alarms = set(found.alarms[expectation])
    others = sorted(alarms - set(wanted))
    own = [path for path in others if natural.has(expectation, _origin(path, injected))]
    false = [path for path in others if path not in own and not _allowed(expectation, path, injected)]
    hits = len(alarms & set(wanted))
    precision = f"{_share(hits, hits + len(false))} ({_share(hits, hits + len(false) + len(own))})"
    counts = (len(wanted), hits, _share(hits, len(wanted)), len(false), len(own), precision)
    print(ROW.format(expectation, *counts))
    for name in dict.fromkeys(one.defect.name for one in wanted.values()):
        kind = [path for path, one in wanted.items() if one.defect.name == name]
        found_of_kind = len(alarms.intersection(kind))
        print(ROW.format(f"  {name}", len(kind), found_of_kind, _share(found_of_kind, len(kind)), "", "", ""))
    for path in sorted(set(wanted) - alarms):
        print(f"    missed: {path}: {found.value(expectation, path)}")
    for path in false:
        cause = injected[path].defect.name if path in injected else "untouched"
        print(f"    false: {path} ({cause}): {found.value(expectation, path)}")


def _origin(path: str, injected: Mapping[str, Injected]) -> str:
    return injected[path].origin if path in injected else path


def _allowed(expectation: str, path: str, injected: Mapping[str, Injected]) -> bool:
    """Whether an alarm follows from the clip's own defect, or from that of a copy of it."""
    if path in injected and expectation in injected[path].defect.implies:
        return True
    copies = [one for one in injected.values() if one.defect.is_copy and one.origin == path]
    return any(expectation in one.defect.found_by for one in copies)


def print_label_audit(found: Checked, folder: Path, injected: Mapping[str, Injected]) -> None:
    """The row of the wrong labels, which no expectation can see: among the most doubtful tenth or not."""
    from soundcheck.audit.label_audit import audit_labels
    from soundcheck.features.shards import write_shards

    clips = found.manifest.reset_index().query("decodable").assign(split="train")
    source, features = Source(folder, digest=""), FeaturesConfig()
    parts = Parts(folder.parent / "store")
    index = write_shards(clips, source, features, DataConfig().sample_rate_hz, parts)
    ranked = audit_labels(clips, index, parts, features, AuditConfig()).clips.set_index("path")["rank"]
    wrong = [path for path, one in injected.items() if one.defect.other_label and not one.defect.is_copy]
    hits = int((ranked[wrong] <= LOOKED_AT_FRACTION * len(clips)).sum())
    print(ROW.format("label audit, its first tenth", len(wrong), hits, _share(hits, len(wrong)), "", "", ""))
    print(ROW.format("  wrong label", len(wrong), hits, _share(hits, len(wrong)), "", "", ""))


def print_sharpness(source: Path, natural: Checked, folder: Path, random: Generator) -> None:
    """The share of clips reported, of each defect at multiples of its threshold."""
    paths = [path for path in natural.manifest.index if _proves(path)]
    origins = random.permutation(_sound(paths, natural))[: round(RATE * len(paths))]
    files: dict[tuple[str, float], list[str]] = {}
    for defect in GRADED:
        for multiple in MULTIPLES:
            level = multiple * getattr(ValidationConfig(), defect.threshold)
            files[defect.name, multiple] = [
                _graded(source / one, folder / "graded", defect, level, random) for one in origins
            ]
    found = checked(folder / "graded", folder / "docs of the graded")
    print(
        "\n" + SHARPNESS_ROW.format(f"reported of {len(origins)}, at so many times the threshold", *MULTIPLES)
    )
    for defect in GRADED:
        alarms = set(found.alarms[between(defect.measure)])
        reported = [len(alarms.intersection(files[defect.name, multiple])) for multiple in MULTIPLES]
        shares = [_share(count, len(origins)) for count in reported]
        print(SHARPNESS_ROW.format(f"{between(defect.measure)}, {defect.name}", *shares))


def _graded(origin: Path, folder: Path, defect: Graded, level: float, random: Generator) -> str:
    """Writes a clip with so much of a defect; its path in the folder."""
    path = f"{origin.parent.name}/{origin.stem}_{defect.measure}_{level:g}.wav"
    _write(folder / path, defect.inject(decode(origin.read_bytes(), ".wav").samples, random, level))
    return path


def print_alarms(natural: Checked) -> None:
    """Every alarm on an untouched clip; those that are merely short are only counted."""
    print(f"\nalarms on the {len(natural.manifest)} untouched clips")
    for expectation, files in natural.alarms.items():
        if files:
            print(f"\n{expectation}: {len(files)}")
        for file in files if expectation != SHORT else ():
            print(f"  {file:40}{natural.value(expectation, file):>12}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


if __name__ == "__main__":
    main()
