"""Serving: the model that takes waveforms, logged so that it loads where Soundcheck is not installed."""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.errors import SoundcheckError
from tasks.evaluate import metrics_of
from tasks.fit import fitted_of
from tasks.ingest import manifest_of

if TYPE_CHECKING:
    import numpy as np
    from mlflow.entities.model_registry import ModelVersion
    from numpy.typing import NDArray

    from soundcheck.config import Config
    from soundcheck.serving import Card, ServedModel
    from soundcheck.store import Store
    from tasks.exhibits import Results

LOADER = "soundcheck.serving"
SERVED_FOLDER = "served"
# What the code of a served model imports, wherever it is loaded.
REQUIREMENTS = ("keras", "numpy", "pandas", "pydantic", "scipy", "tensorflow")


def card_of(store: Store, results: Results, config: Config) -> Card:
    """The card of the fitted model."""
    from soundcheck.features.spectrogram import geometry
    from soundcheck.serving import Card

    rate_hz = config.data.sample_rate_hz
    table = manifest_of(store, results.manifest)
    seen = table.loc[table["split"].isin(["train", "validation"]), "clip_digest"]
    return Card(
        labels=tuple(metrics_of(store, results.evaluated)["labels"]),
        sample_rate_hz=rate_hz,
        clip_length=geometry(config.features, rate_hz).clip_length,
        features=config.features.model_dump(),
        model_digest=results.fitted.digest,
        seen_digests=tuple(sorted(set(seen))),
    )


def served_model(store: Store, results: Results, config: Config) -> ServedModel:
    """The fitted model with its front end inside, and its card."""
    from soundcheck.models.export import with_front_end
    from soundcheck.serving import ServedModel

    rate_hz = config.data.sample_rate_hz
    model = with_front_end(fitted_of(store, results.fitted).model, config.features, rate_hz)
    return ServedModel(model=model, card=card_of(store, results, config))


def log_served_model(served: ServedModel, example: NDArray[np.float32], run_id: str) -> str:
    """Logs a served model to a run with its signature, example and code; its URI (`models:/m-...`).

    Args:
        served: The model.
        example: Waveforms, (clips, samples of a clip).
        run_id: The run that made the model.
    """
    import mlflow
    from mlflow.models import infer_signature

    import soundcheck

    with tempfile.TemporaryDirectory() as temporary, mlflow.start_run(run_id=run_id):
        folder = Path(temporary) / SERVED_FOLDER
        folder.mkdir()
        served.save(folder)
        info = mlflow.pyfunc.log_model(
            name="model",
            loader_module=LOADER,
            data_path=str(folder),
            code_paths=[str(Path(soundcheck.__file__).parent)],
            signature=infer_signature(example, served.predict(example)),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            metadata={"labels": list(served.card.labels), "sample_rate_hz": served.card.sample_rate_hz},
        )
    return info.model_uri


def load_served_model(version: ModelVersion) -> ServedModel:
    """The model of a version, to be asked by this process.

    Raises:
        SoundcheckError: the version is not a model of ours.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.models import Model

    from soundcheck.serving import ServedModel

    folder = Path(download_artifacts(f"models:/{version.name}/{version.version}"))
    flavor = Model.load(str(folder)).flavors["python_function"]
    if flavor["loader_module"] != LOADER:
        raise SoundcheckError(f"version {version.version} of {version.name} was not made by Soundcheck")
    return ServedModel.load(folder / flavor["data"])
