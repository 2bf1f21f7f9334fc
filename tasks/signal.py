"""Signal: do the features carry the label at all, and if not, why not?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import FeaturesConfig

SIGNAL = "signal.json"
PROFILE = "profile.json"


@stage(libraries=["numpy", "scikit-learn", "scipy"])
def signal(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    shards: Artifact,
    features: FeaturesConfig,
    sample_rate_hz: int,
    seed: int,
) -> None:
    """How the features of the training clips are distributed, and what they tell of the labels."""
    from soundcheck.audit.signal import examine_signal
    from soundcheck.data.manifest import MANIFEST_FILE, TRAIN
    from soundcheck.features.examples import read_examples
    from soundcheck.features.index import INDEX_FILE
    from soundcheck.features.profile import profile_of

    clips = read_examples(store.path(manifest) / MANIFEST_FILE, store.path(shards) / INDEX_FILE, store.parts)
    train = (clips.rows["split"] == TRAIN).to_numpy()
    summaries, classes = clips.summaries[train], clips.classes[train]
    rows = clips.rows.loc[train]
    examined = examine_signal(summaries, classes, clips.labels, rows, features, sample_rate_hz, seed)
    (draft.folder / SIGNAL).write_bytes(canonical_json(examined.to_dict()))
    profile = profile_of(summaries, rows["label"].tolist(), rows["speaker"].tolist())
    (draft.folder / PROFILE).write_text(profile.model_dump_json(), encoding="utf-8")
    draft.note = examined.verdict
