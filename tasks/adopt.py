"""Adopt: a Keras model that somebody else trained, in the form that the stages after `fit` read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import FeaturesConfig
    from soundcheck.models.adoption import ModelFile

FORM = "form.json"
WAVEFORMS, OUTPUTS = "waveforms", "outputs"


@stage(
    libraries=["keras", "numpy", "pandas", "scipy", "tensorflow"],
    chosen=lambda _inputs: ["soundcheck.features.layers"],
)
def adopt(
    draft: Draft,
    store: Store,
    model: ModelFile,
    manifest: Artifact,
    features: FeaturesConfig,
    sample_rate_hz: int,
    order: str,
) -> None:
    """The model of a file, checked against the data; `order` names its outputs, with commas between."""
    import pandas as pd

    from soundcheck.data.manifest import MANIFEST_FILE, labels_of, read_manifest
    from soundcheck.debugging.record import Record
    from soundcheck.models.adoption import adopt as adopt_model
    from soundcheck.models.adoption import read_model, takes_waveforms
    from soundcheck.training.fitted import Fitted, save_fitted, weights_digest

    labels = labels_of(read_manifest(store.path(manifest) / MANIFEST_FILE))
    given, names = read_model(model.path), order.split(",") if order else labels
    adopted = adopt_model(given, features, sample_rate_hz, labels, names)
    save_fitted(Fitted(adopted, pd.DataFrame(), best_epoch=0, optimizer={}, record=Record()), draft.folder)
    form = {WAVEFORMS: takes_waveforms(adopted), OUTPUTS: list(names)}
    (draft.folder / FORM).write_bytes(canonical_json(form))
    draft.digest = weights_digest(adopted)
    draft.note = f"{given.count_params()} parameters, {len(labels)} labels"


def has_front_end(store: Store, adopted: Artifact) -> bool:
    """Whether an adopted model takes waveforms and makes its own features of them."""
    return _form_of(store, adopted)[WAVEFORMS]


def outputs_of(store: Store, adopted: Artifact) -> list[str]:
    """The labels in the order of an adopted model's own outputs, as they were named."""
    return _form_of(store, adopted)[OUTPUTS]


def _form_of(store: Store, adopted: Artifact) -> dict[str, Any]:
    return json.loads((store.path(adopted) / FORM).read_bytes())
