"""Serving: the model that takes waveforms, logged so that it loads where Soundcheck is not installed."""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.errors import SoundcheckError
from tasks.interruption import uninterrupted

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

    from soundcheck.config import Config
    from soundcheck.serving import Card, ServedModel
    from tasks.results import Results
    from tasks.tracking import TrackedRun

LOADER = "soundcheck.serving"
SERVED_FOLDER = "served"
# What the code of a served model imports, wherever it is loaded.
REQUIREMENTS = ("keras", "numpy", "pandas", "pydantic", "scipy", "tensorflow")


def card_of(results: Results, config: Config) -> Card:
    """The card of the fitted model."""
    from soundcheck.data.manifest import origins
    from soundcheck.features.spectrogram import geometry
    from soundcheck.serving import Card

    rate_hz = config.data.sample_rate_hz
    table = results.read_manifest()
    seen = origins(table.loc[table["split"].isin(["train", "validation"])])
    return Card(
        labels=tuple(results.read_report()["labels"]),
        sample_rate_hz=rate_hz,
        clip_length=geometry(config.features, rate_hz).clip_length,
        features=config.features.model_dump(),
        model_digest=results.stages["fit"].digest,
        seen_digests=tuple(sorted(set(seen))),
        profile=results.read_profile(),
    )


@uninterrupted()
def log_served_model(run: TrackedRun, results: Results, config: Config) -> None:
    """Completes a run's logged model: the fitted one with its front end, signature, example and code.

    Step by step, for MLflow's `log_model` cannot be repeated for a model whose logging was broken off. What
    is complete stays as it is.
    """
    from mlflow.entities import LoggedModelOutput

    client = run.connect()
    if client.get_logged_model(run.model_id).status == "READY":
        return
    with tempfile.TemporaryDirectory() as temporary:
        package = Path(temporary) / "model"
        _save_package(package, run, results, config)
        client.log_model_artifacts(run.model_id, str(package))
    outputs = client.get_run(run.run_id).outputs
    if outputs is None or not outputs.model_outputs:
        client.log_outputs(run.run_id, [LoggedModelOutput(run.model_id, step=0)])
    client.finalize_logged_model(run.model_id, "READY")


def _save_package(package: Path, run: TrackedRun, results: Results, config: Config) -> None:
    """Writes the folder that MLflow loads the model from."""
    import mlflow
    from mlflow.models import Model, infer_signature

    import soundcheck
    from soundcheck.data.waveforms import read_waveforms

    served = _served_model(results, config)
    row = results.read_manifest().query("split == 'test'").head(1)
    example = read_waveforms(results.source, row, served.card.sample_rate_hz, served.card.clip_length)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / SERVED_FOLDER
        folder.mkdir()
        served.save(folder)
        mlflow.pyfunc.save_model(
            path=str(package),
            mlflow_model=Model(run_id=run.run_id, model_id=run.model_id, model_uuid=run.model_id),
            loader_module=LOADER,
            data_path=str(folder),
            code_paths=[str(Path(soundcheck.__file__).parent)],
            signature=infer_signature(example, served.predict(example)),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            metadata={"labels": list(served.card.labels), "sample_rate_hz": served.card.sample_rate_hz},
        )


def load_served_model(version: ModelVersion) -> ServedModel:
    """The model of a version, to be asked by this process.

    Raises:
        SoundcheckError: the version is not a model of ours.
    """
    from soundcheck.serving import ServedModel

    return ServedModel.load(_downloaded(version))


def load_card(version: ModelVersion) -> Card:
    """The card of a version, without its model. Raises SoundcheckError as `load_served_model`."""
    from soundcheck.serving import read_card

    return read_card(_downloaded(version))


def _downloaded(version: ModelVersion) -> Path:
    """The folder of a version's served model."""
    from mlflow.artifacts import download_artifacts
    from mlflow.models import Model

    folder = Path(download_artifacts(f"models:/{version.name}/{version.version}"))
    flavor = Model.load(str(folder)).flavors["python_function"]
    if flavor["loader_module"] != LOADER:
        raise SoundcheckError(f"version {version.version} of {version.name} was not made by Soundcheck")
    return folder / flavor["data"]


def _served_model(results: Results, config: Config) -> ServedModel:
    from soundcheck.models.export import with_front_end
    from soundcheck.serving import ServedModel

    model = with_front_end(results.read_fitted().model, config.features, config.data.sample_rate_hz)
    return ServedModel(model=model, card=card_of(results, config))
