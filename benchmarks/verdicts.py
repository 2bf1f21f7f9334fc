"""Whether the verdict names what was planted: real trainings on real clips, each with one fault.

`python benchmarks/verdicts.py [CASE ...]`: 1520 real clips of 8 words, TC-ResNet8, about four minutes for all
cases. A case is right where the subject that was planted is named first; `also` names those that the evidence
could not be told from.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from measuring import SAMPLE_RATE_HZ, quiet_tensorflow, real_clips
from numpy.typing import NDArray

from soundcheck.audit.irreducible_error import estimate_irreducible_error
from soundcheck.audit.label_audit import audit_labels
from soundcheck.audit.leakage import measure_leakage
from soundcheck.audit.signal import examine_signal
from soundcheck.config import AuditConfig, DataConfig, FeaturesConfig, ValidationConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import TRAIN, labels_of, usable
from soundcheck.data.sources import Source, locate
from soundcheck.evaluation.feature_trial import try_finer_features
from soundcheck.evaluation.predictions import predict, predictions_table
from soundcheck.evaluation.report import metrics_by_split
from soundcheck.evaluation.standard_learners import compare_with_standard_learners
from soundcheck.evaluation.verdict import Verdict, verdict_of
from soundcheck.evaluation.verdict_evidence import Evidence
from soundcheck.features import spectrogram
from soundcheck.features.index import ShardIndex
from soundcheck.features.reading import batches, summaries
from soundcheck.features.shards import write_shards
from soundcheck.store import Parts
from soundcheck.training.baselines import fit_baselines

if TYPE_CHECKING:
    import keras

    from soundcheck.debugging.findings import Finding

CLIPS = 1520
FEW_CLIPS_OF_A_WORD = 8
WRONG_SHARE = 1 / 3
BATCH = 32
SEED = 0


@dataclass(frozen=True)
class Fault:
    """One training, with what the verdict should name.

    Attributes:
        right: subjects that are right to name.
        learning_rate: Adam's, at the first step; it falls as a cosine.
        epochs: as many as give each case some hundred steps.
        features: what the network sees.
        plant: changes the manifest.
        code_is_broken: whether spectra are computed wrongly.
    """

    right: tuple[str, ...]
    learning_rate: float = 0.005
    epochs: int = 15
    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    plant: Callable[[pd.DataFrame], pd.DataFrame] = pd.DataFrame.copy
    code_is_broken: bool = False


def with_wrong_labels(manifest: pd.DataFrame) -> pd.DataFrame:
    """A third of the labels shuffled among themselves."""
    generator = np.random.default_rng(SEED)
    rows = generator.random(len(manifest)) < WRONG_SHARE
    labels = manifest["label"].to_numpy(object).copy()
    labels[rows] = generator.permutation(labels[rows])
    return manifest.assign(label=labels)


def with_few_clips(manifest: pd.DataFrame) -> pd.DataFrame:
    """Eight training clips of each word."""
    place = manifest.groupby(["split", "label"]).cumcount()
    kept = (manifest["split"] != TRAIN) | (place < FEW_CLIPS_OF_A_WORD)
    return manifest.loc[kept].reset_index(drop=True)


FAULTS = {
    "learning rate of 1e-5": Fault(("hyper-parameters",), learning_rate=1e-5, epochs=12),
    "learning rate of 3": Fault(("hyper-parameters",), learning_rate=3.0, epochs=12),
    "a third of the labels shuffled": Fault(("data",), plant=with_wrong_labels),
    "8 clips of each word": Fault(("data",), epochs=60, plant=with_few_clips),
    "4 bands, frames of 500 ms": Fault(
        ("features",),
        epochs=20,
        features=FeaturesConfig(mel_bands=4, frame_length_ms=500, frame_step_ms=250),
    ),
    "bins mixed in each clip": Fault(("feature code",), epochs=12, code_is_broken=True),
    "healthy": Fault(("data", "nothing")),
}


@contextmanager
def broken_code() -> Generator[None]:
    """Spectra whose bins stand in another order in each clip, as a careless reshape leaves them."""
    sound = spectrogram._spectra  # pyright: ignore[reportPrivateUsage]

    def mixed(waveforms: NDArray[np.float32], *settings: Any) -> Iterator[tuple[slice, NDArray[Any]]]:
        for clips, spectra in sound(waveforms, *settings):
            seeds = (np.abs(waveforms[clips]).sum(axis=1) * 1000).astype(np.int64)
            orders = (np.random.default_rng(seed).permutation(spectra.shape[2]) for seed in seeds)
            yield clips, np.stack([clip[:, order] for clip, order in zip(spectra, orders, strict=True)])

    with patch.object(spectrogram, "_spectra", mixed):
        yield


@dataclass(frozen=True)
class Clips:
    """The clips of one case with their features."""

    manifest: pd.DataFrame
    labels: list[str]
    classes: NDArray[np.int64]
    splits: NDArray[np.str_]
    index: ShardIndex
    parts: Parts
    summaries: NDArray[np.float32]
    finer_summaries: NDArray[np.float32]

    @classmethod
    def computed(cls, fault: Fault, manifest: pd.DataFrame, source: Source, folder: Path) -> Clips:
        """The features of a case, which are wrong where its code is, and finer ones."""
        rows, parts, finer_parts = fault.plant(manifest), Parts(folder / "these"), Parts(folder / "finer")
        labels = labels_of(rows)
        index = write_shards(rows, source, fault.features, SAMPLE_RATE_HZ, parts)
        finer = write_shards(rows, source, FeaturesConfig(), SAMPLE_RATE_HZ, finer_parts)
        return cls(
            manifest=rows,
            labels=labels,
            classes=np.searchsorted(labels, rows["label"].to_numpy(dtype=str)),
            splits=rows["split"].to_numpy(dtype=str),
            index=index,
            parts=parts,
            summaries=summaries(rows, index, parts),
            finer_summaries=summaries(rows, finer, finer_parts),
        )

    def features(self, split: str) -> NDArray[np.float32]:
        """Of the clips of a split, (clips, frames, bins)."""
        rows = self.manifest.loc[self.splits == split]
        return np.concatenate(list(batches(rows, self.index, self.parts, 256)))


def train(fault: Fault, clips: Clips) -> tuple[keras.Model, list[Finding]]:
    """The network of a case, with what the monitor says of its training."""
    import keras

    from soundcheck.debugging import TrainingMonitor
    from soundcheck.models import tc_resnet8

    keras.utils.set_random_seed(SEED)
    x, y = clips.features(TRAIN), clips.classes[clips.splits == TRAIN]
    _, frames, bins = x.shape
    model = tc_resnet8.build((frames, bins), len(clips.labels))
    model.get_layer("normalization").adapt(x)
    steps = -(-len(x) // BATCH) * fault.epochs
    learning_rate: Any = keras.optimizers.schedules.CosineDecay(fault.learning_rate, steps)
    model.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    unseen = (clips.features("validation"), clips.classes[clips.splits == "validation"])
    monitor = TrainingMonitor()
    model.fit(
        x,
        y,
        batch_size=BATCH,
        epochs=fault.epochs,
        validation_data=unseen,
        callbacks=[monitor],
        verbose=0,  # pyright: ignore[reportArgumentType] (Keras guesses its type)
    )
    return model, monitor.findings


def measure(fault: Fault, clips: Clips) -> Evidence:
    """All that a verdict is taken from, but for what takes further trainings."""
    model, findings = train(fault, clips)
    rows, labels, classes, splits = clips.manifest, clips.labels, clips.classes, clips.splits
    features = batches(rows, clips.index, clips.parts, 256)
    predictions = predictions_table(rows, predict(model, features), labels)
    answers = np.searchsorted(labels, predictions["predicted"].to_numpy(dtype=str))
    in_train, limits = splits == TRAIN, ValidationConfig()
    audit = audit_labels(rows, clips.index, clips.parts, fault.features, AuditConfig())
    irreducible = estimate_irreducible_error(rows, audit, limits.min_rms, limits.min_speech_contrast_db)
    return Evidence(
        report=metrics_by_split(predictions, labels, confidence=0.95),
        train_clips=int(in_train.sum()),
        irreducible={split: error.to_dict() for split, error in irreducible.items()},
        signal=examine_signal(
            clips.summaries[in_train],
            classes[in_train],
            labels,
            rows.loc[in_train],
            fault.features,
            SAMPLE_RATE_HZ,
            SEED,
        ),
        leakage=measure_leakage(clips.summaries, classes, rows, SEED),
        baselines=fit_baselines(clips.summaries, classes, splits, SEED),
        findings=tuple(findings),
        learners=compare_with_standard_learners(
            clips.summaries, classes, splits, answers[splits == "test"], labels, SEED
        ),
        feature_trial=try_finer_features(clips.summaries, clips.finer_summaries, classes, splits),
    )


def print_verdict(name: str, fault: Fault, evidence: Evidence, verdict: Verdict) -> None:
    """The verdict of one case, and what it rests on."""
    judged = "right" if verdict.subject in fault.right else f"WRONG, not {' or '.join(fault.right)}"
    also = f" (or {', '.join(verdict.also)})" if verdict.also else ""
    accuracies = ", ".join(
        f"{split} {one['accuracy']:.3f}" for split, one in evidence.report["metrics"].items()
    )
    print(f"\n== {name}: {verdict.subject}{also}: {judged}\naccuracy: {accuracies}")
    print("shares:", ", ".join(f"{one.name} {one.points:.1f}" for one in verdict.shares))
    claims = (
        f"{one.subject} {one.points:.1f} ({one.lower:.1f} to {one.upper:.1f})" for one in verdict.ranking
    )
    print("at most:", ", ".join(claims))
    print(f"{verdict.sentence}\nNext: {verdict.next_step}")


def real_manifest(folder: Path, clips: int = CLIPS) -> tuple[pd.DataFrame, Source]:
    """Real clips unpacked and listed; a fifth of the speakers for the test, so that it tells much."""
    real_clips(folder, clips)
    data = DataConfig(source=str(folder / "mini_speech_commands"), validation_fraction=0.1, test_fraction=0.2)
    source = locate(data, folder)
    return usable(build_manifest(source, data, FeaturesConfig().clip_duration_ms)), source


def judge(name: str, manifest: pd.DataFrame, source: Source, folder: Path) -> Verdict:
    """Plants a fault, trains, and gives the verdict; all is printed."""
    fault = FAULTS[name]
    cpu_start_s, wall_start_s = time.process_time(), time.perf_counter()
    with broken_code() if fault.code_is_broken else nullcontext():
        evidence = measure(fault, Clips.computed(fault, manifest, source, folder / name))
    verdict = verdict_of(evidence)
    cpu_s, wall_s = time.process_time() - cpu_start_s, time.perf_counter() - wall_start_s
    print_verdict(name, fault, evidence, verdict)
    print(f"{cpu_s:.1f} CPU-s, {wall_s:.1f} s", flush=True)
    return verdict


def main() -> None:
    """Each case in turn; the last line says how many verdicts are right."""
    parser = argparse.ArgumentParser(description="Whether the verdict names what was planted.")
    parser.add_argument("case", nargs="*", help=f"any of: {', '.join(FAULTS)}")
    names = parser.parse_args().case or list(FAULTS)
    quiet_tensorflow()
    warnings.simplefilter("ignore")  # logistic regression that has not quite converged is good enough here
    with tempfile.TemporaryDirectory() as folder:
        manifest, source = real_manifest(Path(folder) / "clips")
        verdicts = {name: judge(name, manifest, source, Path(folder)) for name in names}
    right = sum(verdict.subject in FAULTS[name].right for name, verdict in verdicts.items())
    print(f"\n{right} of {len(names)} verdicts are right")


if __name__ == "__main__":
    main()
