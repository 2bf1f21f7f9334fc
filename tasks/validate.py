"""Validate: what must hold of the clips, checked before anything is computed from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.artifacts import digest_of
from soundcheck.data.manifest import MANIFEST_FILE, read_manifest
from soundcheck.errors import ValidationFailedError
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import ValidationConfig

OUTCOME = "outcome.json"
DATA_DOCS = "data_docs"


@stage(libraries=["great-expectations", "numpy", "pandas"])
def validate(
    draft: Draft, store: Store, manifest: Artifact, validation: ValidationConfig, sample_rate_hz: int
) -> None:
    """The outcome of every expectation on the clips, and the Data Docs."""
    from expectations.checkpoint import run_checkpoint
    from expectations.clips import clips_suite

    suite = clips_suite(**validation.model_dump(), sample_rate_hz=sample_rate_hz)
    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    outcome = run_checkpoint(suite, table, "clips", draft.folder / DATA_DOCS)
    content = outcome.to_dict()
    (draft.folder / OUTCOME).write_text(json.dumps(content, indent=1), encoding="utf-8")
    draft.digest = digest_of(content)
    draft.note = outcome.summary()


@task(task_run_name="gate", cache_policy=NO_CACHE)
def gate(store: Store, validated: Artifact) -> None:
    """Stops the flow where a critical expectation does not hold.

    Raises:
        ValidationFailedError: names the expectation, examples, and where the Data Docs are.
    """
    from expectations.outcome import Outcome

    folder = store.path(validated)
    outcome = Outcome.from_dict(json.loads((folder / OUTCOME).read_text(encoding="utf-8")))
    if not outcome.success:
        raise ValidationFailedError(f"{outcome.message()}\nData Docs: {folder / DATA_DOCS}")
