"""Audit: which labels are probably wrong, and what accuracy no model can pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import canonical_json
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import AuditConfig, FeaturesConfig

AUDITED = "clips.parquet"
AUDIT = "audit.json"
IRREDUCIBLE = "irreducible_error.json"


@stage(libraries=["cleanlab", "numpy", "pandas", "scikit-learn", "scipy"])
def audit(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    shards: Artifact,
    features: FeaturesConfig,
    settings: AuditConfig,
    min_rms: float,
    min_speech_contrast_db: float,
) -> None:
    """The label audit of every usable clip, and the irreducible error of each split."""
    from soundcheck.audit.irreducible_error import estimate_irreducible_error
    from soundcheck.audit.label_audit import audit_labels
    from soundcheck.data.manifest import MANIFEST_FILE, TEST, read_manifest, usable
    from soundcheck.features.index import INDEX_FILE, ShardIndex

    clips = usable(read_manifest(store.path(manifest) / MANIFEST_FILE))
    index = ShardIndex.load(store.path(shards) / INDEX_FILE)
    audited = audit_labels(clips, index, store.parts, features, settings)
    errors = estimate_irreducible_error(clips, audited, min_rms, min_speech_contrast_db)
    audited.clips.to_parquet(draft.folder / AUDITED, index=False)
    (draft.folder / AUDIT).write_bytes(canonical_json(audited.to_dict()))
    by_split = {split: error.to_dict() for split, error in errors.items()}
    (draft.folder / IRREDUCIBLE).write_bytes(canonical_json(by_split))
    draft.note = f"{audited.verdict} Of the test clips: {errors[TEST].verdict}."
