"""Error analysis of a real run: what it finds, and how long each part takes (of CPU time, imports included).

`python benchmarks/error_analysis.py [--home FOLDER]`, half a minute where the folder holds an earlier run;
without it the real clips are trained on first, which takes three minutes more.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from measuring import archive_path, quiet_tensorflow
from numpy.typing import NDArray
from processes import SOUNDCHECK, environment_in, prefect_server, run

from soundcheck.config import FeaturesConfig
from soundcheck.data.manifest import MANIFEST_FILE, TEST, VALIDATION, read_manifest
from soundcheck.evaluation.answers import Answers, answers_of
from soundcheck.evaluation.calibration import calibrate
from soundcheck.evaluation.confusions import hardest_clips, top_confusions
from soundcheck.evaluation.decisions import choose_acceptance, word_thresholds
from soundcheck.evaluation.predictions import PREDICTIONS_FILE
from soundcheck.evaluation.saliency import integrated_gradients, silence_features
from soundcheck.evaluation.slices import find_slices
from soundcheck.features.index import INDEX_FILE, ShardIndex
from soundcheck.features.reading import batches
from soundcheck.store import Inventory, Store
from soundcheck.training.fitted import load_fitted

Value = TypeVar("Value")

WANTED_ACCURACIES = (0.97, 0.98, 0.99)
WANTED_SENSITIVITY = 0.95
NOISE_SEEDS = 200
EXPLAINED_CLIPS = 16


@dataclass(frozen=True)
class Run:
    """The latest run of a home: its evaluation, and what that was made of."""

    store: Store
    evaluate: Inventory

    def folder(self, stage: str, name: str) -> Path:
        """Of the result of `stage` that the evaluation calls `name`."""
        return self.store.path(self.inventory(stage, name).artifact)

    def inventory(self, stage: str, name: str) -> Inventory:
        """The same, as an inventory."""
        digest = self.evaluate.recipe.inputs[f"{name}.digest"]
        return next(one for one in self.store.inventories(stage) if one.artifact.digest == digest)


def main() -> None:
    """Prints what is found on the test clips, then how long it took."""
    parser = argparse.ArgumentParser(description="Error analysis of a real run.")
    parser.add_argument("--home", type=Path, help="SOUNDCHECK_HOME of an earlier run")
    home = parser.parse_args().home
    quiet_tensorflow()
    if home is not None:
        analyse(home)
        return
    with tempfile.TemporaryDirectory() as name:
        with prefect_server(Path(name)) as api:
            environment = environment_in(Path(name), PREFECT_API_URL=api)
            run([SOUNDCHECK, "train", "--data", str(archive_path())], environment)
        analyse(Path(environment["SOUNDCHECK_HOME"]))


def analyse(home: Path) -> None:
    """All parts, one after the other."""
    store = Store(home / "store")
    evaluated = Run(store, store.inventories("evaluate")[0])
    predictions = pd.read_parquet(store.path(evaluated.evaluate.artifact) / PREDICTIONS_FILE)
    manifest = read_manifest(evaluated.folder("ingest", "manifest") / MANIFEST_FILE)
    on_test = predictions.loc[predictions["split"] == TEST].reset_index(drop=True)
    validation = answers_of(predictions.loc[predictions["split"] == VALIDATION])
    test = answers_of(on_test)
    seconds = {
        "calibration": print_calibration(validation, test),
        "thresholds": print_decisions(validation, test),
        "confusions": print_confusions(on_test),
        "slices": print_slices(on_test, manifest),
        "saliency": print_saliency(evaluated, on_test),
    }
    fit_s = evaluated.inventory("fit", "fitted").seconds
    print(f"\nCPU seconds (fit took {fit_s:.0f} by the clock)")
    for name, part_s in seconds.items():
        print(f"{name:12} {part_s:6.2f}")


def timed(work: Callable[[], Value]) -> tuple[Value, float]:
    """What it returns, and how many seconds of CPU it took."""
    start_s = time.process_time()
    value = work()
    return value, time.process_time() - start_s


def print_calibration(validation: Answers, test: Answers) -> float:
    """Before and after the temperature."""
    found, seconds = timed(lambda: calibrate(validation, test))
    print(f"temperature {found.temperature:.3f} of {len(validation.true)} validation clips")
    for name, one in (("before", found.before), ("after", found.after)):
        error = one.error
        print(
            f"{name:6} calibration error {error.value:.4f} (by chance {error.by_chance:.4f}, p = "
            f"{error.p_value:.3f}), negative log-likelihood {one.negative_log_likelihood:.4f}"
        )
    return seconds


def print_decisions(validation: Answers, test: Answers) -> float:
    """Answers that are sure enough, and words that are heard often enough."""
    (accepted, words), seconds = timed(
        lambda: (
            [choose_acceptance(validation, test, accuracy) for accuracy in WANTED_ACCURACIES],
            word_thresholds(validation, test, WANTED_SENSITIVITY),
        )
    )
    print("\nwanted accuracy, coverage and accuracy on test")
    for one in accepted:
        print(f"{one.wanted_accuracy:.3f}  {one.coverage}  {one.accuracy}" if one else "out of reach")
    print(f"\nwords at sensitivity {WANTED_SENSITIVITY}, sensitivity and specificity on test")
    for word in words:
        print(f"{word.label:8} from {word.threshold:.4f}  {word.sensitivity}  {word.specificity}")
    return seconds


def print_confusions(predictions: pd.DataFrame) -> float:
    """The five most frequent, and the hardest clips."""
    (confusions, hardest), seconds = timed(
        lambda: (top_confusions(predictions, 5), hardest_clips(predictions, 5))
    )
    print("\nconfusions")
    for one in confusions:
        print(f"{one.label} taken for {one.predicted}: {one.share.count} clips, {one.share}")
    print(f"hardest: {', '.join(clip.path for clip in hardest)}")
    return seconds


def print_slices(predictions: pd.DataFrame, manifest: pd.DataFrame) -> float:
    """The worst slices, and how many sets of chance mistakes have one."""
    found, seconds = timed(lambda: find_slices(predictions, manifest))
    print(f"\nslices that are worse, of {found.looked_at}; all clips {found.accuracy}")
    for one in found.worst:
        print(f"{one.name}: {one.accuracy}, rest {one.rest}, corrected p = {one.corrected_p_value:.2g}")
    alarms = 0
    for seed in range(NOISE_SEEDS):
        correct: NDArray[np.bool_] = (
            np.random.default_rng(seed).random(len(predictions)) < found.accuracy.value
        )
        alarms += bool(find_slices(predictions.assign(correct=correct), manifest).worst)
    print(f"with mistakes at random: {alarms} of {NOISE_SEEDS} times any, at a level of {found.level}")
    return seconds


def print_saliency(evaluated: Run, predictions: pd.DataFrame) -> float:
    """Whether the attributions of mistakes sum to what they explain."""
    mistakes = predictions.loc[~predictions["correct"]].head(EXPLAINED_CLIPS).reset_index(drop=True)
    shards = evaluated.inventory("spectrograms", "shards")
    index = ShardIndex.load(evaluated.store.path(shards.artifact) / INDEX_FILE)
    inputs = shards.recipe.inputs
    config = FeaturesConfig.model_validate(
        {name.removeprefix("features."): value for name, value in inputs.items() if "features." in name}
    )
    silence = silence_features(config, int(str(inputs["sample_rate_hz"])))
    model = load_fitted(evaluated.folder("fit", "fitted")).model
    features = np.concatenate(list(batches(mistakes, index, evaluated.store.parts, EXPLAINED_CLIPS)))
    answers = answers_of(mistakes)
    saliency, seconds = timed(
        lambda: integrated_gradients(model, features, silence, answers.predicted, answers.true)
    )
    print(
        f"\nattributions of {len(features)} mistakes fail to sum by {saliency.errors.mean():.1%} on average, "
        f"{saliency.errors.max():.1%} at most; {saliency.is_complete.sum()} are complete"
    )
    return seconds


if __name__ == "__main__":
    main()
