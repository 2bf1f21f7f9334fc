"""How a trained model fares under perturbed sound, which word breaks first, and what finding out costs.

`python benchmarks/sensitivity.py [HOME] [--picture FILE.png]`: of the latest model that `soundcheck train`
made of the real clips and keeps in HOME (default `.soundcheck`); about a minute. Background noise is that of
`background_noise.zip` beside the clips.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from measuring import SAMPLE_RATE_HZ, archive_path, quiet_tensorflow
from numpy.typing import NDArray

from soundcheck.config import DataConfig, FeaturesConfig
from soundcheck.data.audio import decode, resample
from soundcheck.data.manifest import MANIFEST_FILE, TEST, labels_of, read_manifest
from soundcheck.data.sources import locate
from soundcheck.data.waveforms import read_waveforms
from soundcheck.displays.sensitivity import SensitivityDisplay
from soundcheck.evaluation.perturbations import Perturbation, all_perturbations, noise_perturbations
from soundcheck.evaluation.sensitivity import Sensitivity, draw_clips, measure_sensitivity, recogniser
from soundcheck.features.spectrogram import geometry
from soundcheck.store import Store
from soundcheck.training.fitted import load_fitted

if TYPE_CHECKING:
    from soundcheck.evaluation.sensitivity import Recognise


@dataclass(frozen=True)
class Subject:
    """A model with the test clips that it is tried on."""

    recognise: Recognise
    waveforms: NDArray[np.float32]
    classes: NDArray[np.int64]
    labels: list[str]

    @classmethod
    def latest(cls, home: Path) -> Subject:
        """The latest model in a home, and clips drawn from the latest listing."""
        store = Store(home / "store")
        fitted, ingested, computed = (
            store.inventories(stage)[0] for stage in ("fit", "ingest", "spectrograms")
        )
        settings = computed.recipe.inputs
        features = FeaturesConfig.model_validate(
            {name: settings[f"features.{name}"] for name in FeaturesConfig.model_fields}
        )
        manifest = read_manifest(store.path(ingested.artifact) / MANIFEST_FILE)
        test, labels = manifest.loc[manifest["split"] == TEST], labels_of(manifest)
        classes = np.searchsorted(labels, test["label"].to_numpy(dtype=str))
        drawn = draw_clips(classes)
        source = locate(DataConfig(source=str(archive_path())), home)
        length = geometry(features, SAMPLE_RATE_HZ).clip_length
        return cls(
            recognise=recogniser(load_fitted(store.path(fitted.artifact)).model, features, SAMPLE_RATE_HZ),
            waveforms=read_waveforms(source, test.iloc[drawn], SAMPLE_RATE_HZ, length),
            classes=classes[drawn],
            labels=labels,
        )

    def measured(self, name: str, perturbations: Sequence[Perturbation]) -> Sensitivity:
        """The curves; what they cost is printed."""
        cpu_start_s, wall_start_s = time.process_time(), time.perf_counter()
        found = measure_sensitivity(
            self.recognise, self.waveforms, self.classes, self.labels, SAMPLE_RATE_HZ, perturbations
        )
        cpu_s, wall_s = time.process_time() - cpu_start_s, time.perf_counter() - wall_start_s
        print(f"{name}: {len(self.waveforms)} clips, {cpu_s:.1f} CPU-s, {wall_s:.1f} s")
        return found


def background_recordings() -> list[NDArray[np.float32]]:
    """The recordings of background noise of Speech Commands, at the common rate."""
    with zipfile.ZipFile(archive_path().with_name("background_noise.zip")) as archive:
        clips = [decode(archive.read(name), ".wav") for name in archive.namelist() if name.endswith(".wav")]
    return [resample(clip.samples, clip.sample_rate_hz, SAMPLE_RATE_HZ) for clip in clips]


def print_result(sensitivity: Sensitivity) -> None:
    """The curves as a table each, and the summary."""
    for curve in sensitivity.curves:
        print(f"\n{curve.name}\n{curve.unit:>10} accuracy  lower  upper  recall of {sensitivity.labels}")
        for strength, accuracy, recalls in zip(
            curve.strengths, sensitivity.accuracies(curve), sensitivity.recalls(curve), strict=True
        ):
            figures = "  ".join(f"{figure:5.3f}" for figure in accuracy)
            print(f"{strength:10g}    {figures}  {' '.join(f'{recall:4.2f}' for recall in recalls)}")
        endurances = [f"{value:4.2f}" if value is not None else "   -" for value in curve.endurance]
        print(f"{'endurance':31}  {' '.join(endurances)}")
    print("", *sensitivity.summary(), sep="\n")


def main() -> None:
    """What the noise costs, then each of all perturbations with its curve."""
    parser = argparse.ArgumentParser(description="How a trained model fares under perturbed sound.")
    parser.add_argument("home", type=Path, nargs="?", default=Path(".soundcheck"))
    parser.add_argument("--picture", type=Path, help="where to draw the curves")
    options = parser.parse_args()
    quiet_tensorflow()
    subject, recordings = Subject.latest(options.home), background_recordings()
    subject.measured("white noise, with the compilation of the model", noise_perturbations())
    subject.measured("white noise", noise_perturbations())
    subject.measured("white and background noise", noise_perturbations(recordings))
    for perturbation in all_perturbations(recordings)[2:]:
        subject.measured(perturbation.name, [perturbation])
    found = subject.measured("everything", all_perturbations(recordings))
    print_result(found)
    if options.picture:
        SensitivityDisplay(found).save(options.picture)


if __name__ == "__main__":
    main()
