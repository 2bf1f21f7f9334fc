"""Finer features: would they tell more than those in question?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import FeaturesConfig
    from soundcheck.data.sources import Source

FEATURE_TRIAL = "feature_trial.json"


@stage(
    libraries=["numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "tensorflow", "tensorflow-io"],
    ignored=["source.digest"],
)
def finer_features(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    shards: Artifact,
    source: Source,
    finer: FeaturesConfig,
    sample_rate_hz: int,
) -> None:
    """The same simple learner on the features in question and on finer ones, computed for this alone."""
    import tempfile
    from pathlib import Path

    from soundcheck.data.manifest import MANIFEST_FILE
    from soundcheck.evaluation.feature_trial import try_finer_features
    from soundcheck.features.examples import read_examples
    from soundcheck.features.index import INDEX_FILE
    from soundcheck.features.reading import summaries
    from soundcheck.features.shards import write_shards
    from soundcheck.store import Parts

    clips = read_examples(store.path(manifest) / MANIFEST_FILE, store.path(shards) / INDEX_FILE, store.parts)
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder))
        index = write_shards(clips.rows, source, finer, sample_rate_hz, parts)
        finer_summaries = summaries(clips.rows, index, parts)
    splits = clips.rows["split"].to_numpy(dtype=str)
    trial = try_finer_features(clips.summaries, finer_summaries, clips.classes, splits)
    (draft.folder / FEATURE_TRIAL).write_bytes(canonical_json(trial.to_dict()))
    draft.note = trial.sentence
