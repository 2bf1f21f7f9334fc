"""What the tests of the stages share: an MLflow of each test's own, and finished results to register."""

import os
import shutil
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from soundcheck.artifacts import Artifact, Recipe, canonical_json
from soundcheck.config import Config, validated
from soundcheck.files import sha256_of
from soundcheck.store import Store
from tasks.flow_run import FlowRun
from tasks.receipts import Receipt, all_receipts
from tasks.runs import CONTENT, tracked_run
from tasks.tracking import STORE, DataSplit, Labelling, TrackedRun
from tasks.tracking_server import connect

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

RATE_HZ = 8000
CLIP_LENGTH = 1600
CLIPS_PER_LABEL = 20
LOW, HIGH = 300.0, 3000.0
PROFILE = {"speakers": 1, "edges": [[0.0] * 9], "counts": {"high": [[0] * 9 + [3]]}}


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new MLflow database, which takes MLflow two seconds to make."""
    import mlflow

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    mlflow.MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def home(tmp_path: Path, empty_database: Path) -> Iterator[Path]:
    """A home folder with its own MLflow database; the environment and MLflow are left as they were."""
    import mlflow

    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(empty_database, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
            environment.delenv(name)
        environment.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        environment.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        yield folder
        # Outside of the environment MLflow remembers the address as well.
        mlflow.set_tracking_uri(None)


SPLITS = tuple(
    DataSplit(context=context, name=f"clips/{context}", digest=f"{context}-digest", source="/clips", clips=3)
    for context in ("train", "validation", "test")
)


@dataclass(frozen=True)
class Tracking:
    """Runs as flows of one home open and complete them.

    `asked` has the identity of each run whose data was asked for: of every one that MLflow had to find or
    to make, and of none that was found by its receipt.
    """

    home: Path
    asked: list[str] = field(default_factory=list[str])

    @contextmanager
    def opened(
        self,
        identity: str = "i1",
        flow_run: str = "f1",
        results: Sequence[str] = (),
        **labelling: Any,
    ) -> Iterator[TrackedRun]:
        def splits() -> Sequence[DataSplit]:
            self.asked.append(identity)
            return SPLITS

        flow = FlowRun(id=flow_run, url=f"http://prefect/{flow_run}")
        with tracked_run(self.home, Labelling(**labelling), identity, splits, flow, results) as run:
            yield run

    def completed(self, identity: str = "i1", flow_run: str = "f1", **labelling: Any) -> TrackedRun:
        """The run after a flow that shows in it what it computed, as `project` does."""
        with self.opened(identity, flow_run, **labelling) as run:
            return self.show(run)

    def show(self, run: TrackedRun, content: str = "c1") -> TrackedRun:
        """The run, complete."""
        if not run.complete:
            run.log_epoch({"epoch": 1, "train_loss": 2.0})
            run.set_tags({CONTENT: content})
        return run.noted(content=content)

    @property
    def client(self) -> "MlflowClient":
        return connect(self.home)

    def stored(self, run: TrackedRun) -> "Run":
        return self.client.get_run(run.run_id)

    def status(self, run: TrackedRun) -> str:
        return self.stored(run).info.status

    def runs(self) -> "list[Run]":
        """All that were not deleted."""
        experiments = [one.experiment_id for one in self.client.search_experiments()]
        return list(self.client.search_runs(experiments))

    def receipts(self) -> dict[Path, Receipt]:
        return all_receipts(self.home / STORE)


@pytest.fixture
def tracking(home: Path) -> Tracking:
    return Tracking(home)


@dataclass(frozen=True)
class Finished:
    """A flow's results in a store, as `register` receives them."""

    results: Any
    config: Config


@dataclass(frozen=True)
class Workshop:
    """Makes finished results without a fit: their model, made by hand, tells a high tone from a low one."""

    folder: Path

    def make(
        self,
        *,
        right: int = CLIPS_PER_LABEL,
        best_baseline: float = 0.3,
        labels: Sequence[str] = ("high", "low"),
        test_clips: slice = slice(10, CLIPS_PER_LABEL),
    ) -> Finished:
        """Results of a model that knows the first `right` clips of each label and mistakes the rest.

        It can, for a label's clips grow louder with their number.
        """
        from soundcheck.data.sources import Source
        from tasks.results import Results

        config = validated(
            {
                "data": {"sample_rate_hz": RATE_HZ},
                "features": {"clip_duration_ms": 200, "mel_bands": 16, "upper_edge_hz": 3800},
                "registry": {"min_comparable_clips": 10},
            }
        )
        store = Store(self.folder / "store")
        root = self._clips(labels)
        table = _manifest(root, test_clips)
        model = tone_model(config, mistakes_louder_than=_loudness(right))
        evaluated = _evaluation(config, model, root, table)
        results = Results(
            store=store,
            source=Source(root, digest="s1"),
            stages={
                "ingest": _stored(store, "ingest", {"manifest.parquet": table}),
                "signal": _stored(store, "signal", {"profile.json": PROFILE}),
                "baseline": _stored(store, "baseline", {"baselines.json": _baselines(best_baseline)}),
                "fit": _stored_model(store, model),
                "evaluate": _stored(store, "evaluate", evaluated),
            },
        )
        return Finished(results, config)

    def _clips(self, labels: Sequence[str]) -> Path:
        root = self.folder / "-".join(labels)
        for label, frequency_hz in zip(labels, (HIGH, LOW), strict=True):
            (root / label).mkdir(parents=True, exist_ok=True)
            for number in range(CLIPS_PER_LABEL):
                tone = np.sin(2 * np.pi * frequency_hz * np.arange(CLIP_LENGTH) / RATE_HZ)
                _write_wav(root / label / f"{number:02}.wav", _loudness(number + 0.5) * tone)
        return root


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def _loudness(number: float) -> float:
    return 0.02 + 0.04 * number


def _write_wav(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def _manifest(root: Path, test_clips: slice) -> pd.DataFrame:
    paths = sorted(root.glob("*/*.wav"))
    numbers = [int(path.stem) for path in paths]
    test = set(range(CLIPS_PER_LABEL)[test_clips])
    rest = sorted(set(range(CLIPS_PER_LABEL)) - test)
    splits = {**dict.fromkeys(test, "test"), **dict.fromkeys(rest, "train"), rest[0]: "validation"}
    names, digests = [path.relative_to(root).as_posix() for path in paths], [*map(sha256_of, paths)]
    return pd.DataFrame(
        {
            "clip_digest": digests,
            "path": names,
            "file": names,
            "file_digest": digests,
            "start_frame": 0,
            "frames": CLIP_LENGTH,
            "label": [path.parent.name for path in paths],
            "speaker": "s",
            "split": [splits[number] for number in numbers],
        }
    )


def tone_model(config: Config, mistakes_louder_than: float) -> Any:
    """Features to logits (high, low) by hand: which band is stronger, turned round for loud clips."""
    import keras

    from soundcheck.features.spectrogram import compute, geometry

    def summary(frequency_hz: float, loudness: float) -> np.ndarray:
        tone = loudness * np.sin(2 * np.pi * frequency_hz * np.arange(CLIP_LENGTH) / RATE_HZ)
        features = compute(tone[None].astype(np.float32), config.features, config.data.sample_rate_hz)
        return features[0].max(axis=0)

    shape = geometry(config.features, RATE_HZ)
    high_band, low_band = (int(summary(frequency_hz, 0.5).argmax()) for frequency_hz in (HIGH, LOW))
    thresholds = [
        summary(frequency_hz, mistakes_louder_than)[band]
        for frequency_hz, band in ((HIGH, high_band), (LOW, low_band))
    ]
    features = keras.Input((shape.frames, shape.bins), name="features")
    strongest = keras.layers.GlobalMaxPooling1D(name="strongest")(features)
    # Four hidden units: the two bands' levels, and by how much each exceeds its threshold.
    hidden = keras.layers.Dense(4, activation="relu", name="levels")(strongest)
    logits = keras.layers.Dense(2, name="logits")(hidden)
    model = keras.Model(features, logits, name="tones")
    kernel = np.zeros((shape.bins, 4), np.float32)
    kernel[high_band, [0, 2]] = kernel[low_band, [1, 3]] = 1
    floor = 20.0  # keeps the logarithms of silent bands positive
    model.get_layer("levels").set_weights(
        [kernel, np.array([floor, floor, *np.negative(thresholds)], np.float32)]
    )
    turn = 1e4
    model.get_layer("logits").set_weights(
        [np.array([[1, 0], [0, 1], [-turn, turn], [turn, -turn]], np.float32), np.zeros(2, np.float32)]
    )
    return model


def _evaluation(config: Config, model: Any, root: Path, table: pd.DataFrame) -> dict[str, Any]:
    from soundcheck.data.manifest import labels_of
    from soundcheck.data.sources import Source
    from soundcheck.data.waveforms import read_waveforms
    from soundcheck.evaluation.predictions import predict, predictions_table
    from soundcheck.evaluation.report import metrics_by_split
    from soundcheck.features.spectrogram import compute

    waveforms, labels = read_waveforms(Source(root, digest=""), table, RATE_HZ, CLIP_LENGTH), labels_of(table)
    predictions = predictions_table(
        table, predict(model, [compute(waveforms, config.features, RATE_HZ)]), labels
    )
    metrics = metrics_by_split(predictions, labels, confidence=0.95)
    return {"predictions.parquet": predictions, "metrics.json": metrics}


def _baselines(best: float) -> dict[str, Any]:
    from soundcheck.training.baselines import Baseline, Baselines

    accuracies = {"most_frequent": best / 2, "stratified": best / 3, "logistic_regression": best}
    return Baselines(
        baselines=tuple(Baseline(name, one, one, one, overfitted=False) for name, one in accuracies.items()),
        best_feature=0,
        best_feature_name="mean of band 0",
        coefficients=np.zeros((2, 32)),
    ).to_dict()


def _stored(store: Store, stage: str, files: dict[str, Any]) -> Artifact:
    def write(draft: Any) -> None:
        for name, content in files.items():
            if isinstance(content, pd.DataFrame):
                content.to_parquet(draft.folder / name, index=False)
            else:
                (draft.folder / name).write_bytes(canonical_json(content))

    return store.make(_new_recipe(store, stage), write)


def _stored_model(store: Store, model: Any) -> Artifact:
    from soundcheck.debugging.record import Record
    from soundcheck.training.fitted import Fitted, save_fitted, weights_digest

    def write(draft: Any) -> None:
        history = pd.DataFrame({"epoch": [1], "train_loss": [0.5]})
        save_fitted(Fitted(model, history, best_epoch=1, optimizer={}, record=Record()), draft.folder)
        draft.digest = weights_digest(model)

    return store.make(_new_recipe(store, "fit"), write)


def _new_recipe(store: Store, stage: str) -> Recipe:
    made = len(list((store.root / "results" / stage).glob("*")))
    return Recipe(stage=stage, inputs={"number": made}, code="", versions={})
