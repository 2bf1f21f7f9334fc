"""Serving: the model that takes waveforms, logged so that it loads where Soundcheck is not installed."""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.evaluate import metrics_of
from tasks.fit import fitted_of
from tasks.ingest import manifest_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from soundcheck.config import Config
    from soundcheck.serving import ServedModel
    from soundcheck.store import Store
    from tasks.exhibits import Results

# What the code of a served model imports, wherever it is loaded.
REQUIREMENTS = ("keras", "numpy", "pandas", "pydantic", "scipy", "tensorflow")


def served_model(store: Store, results: Results, config: Config) -> ServedModel:
    """The fitted model with its front end inside, and its card."""
    from soundcheck.features.spectrogram import geometry
    from soundcheck.models.export import with_front_end
    from soundcheck.serving import Card, ServedModel

    rate_hz = config.data.sample_rate_hz
    table = manifest_of(store, results.manifest)
    seen = table.loc[table["split"].isin(["train", "validation"]), "clip_digest"]
    card = Card(
        labels=tuple(metrics_of(store, results.evaluated)["labels"]),
        sample_rate_hz=rate_hz,
        clip_length=geometry(config.features, rate_hz).clip_length,
        features=config.features.model_dump(),
        model_digest=results.fitted.digest,
        seen_digests=tuple(sorted(set(seen))),
    )
    model = with_front_end(fitted_of(store, results.fitted).model, config.features, rate_hz)
    return ServedModel(model=model, card=card)


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

    with tempfile.TemporaryDirectory() as folder, mlflow.start_run(run_id=run_id):
        served.save(Path(folder))
        info = mlflow.pyfunc.log_model(
            name="model",
            loader_module="soundcheck.serving",
            data_path=folder,
            code_paths=[str(Path(soundcheck.__file__).parent)],
            signature=infer_signature(example, served.predict(example)),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            metadata={"labels": list(served.card.labels), "sample_rate_hz": served.card.sample_rate_hz},
        )
    return info.model_uri
