"""Validate: what must hold of the clips, checked before anything is computed from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.artifacts import digest_of
from soundcheck.errors import ValidationFailedError
from tasks.caching import Draft, Store, stage
from tasks.ingest import manifest_of

if TYPE_CHECKING:
    from expectations.outcome import Outcome
    from soundcheck.artifacts import Artifact
    from soundcheck.config import ValidationConfig

OUTCOME = "outcome.json"
DATA_DOCS = "data_docs"


@stage(libraries=["great-expectations", "pandas"])
def validate(
    draft: Draft, store: Store, manifest: Artifact, validation: ValidationConfig, sample_rate_hz: int
) -> None:
    """The outcome of every expectation on the clips, and the Data Docs."""
    from expectations.checkpoint import run_checkpoint
    from expectations.clips import clips_suite

    suite = clips_suite(**validation.model_dump(), sample_rate_hz=sample_rate_hz)
    outcome = run_checkpoint(suite, manifest_of(store, manifest), "clips", draft.folder / DATA_DOCS)
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
    outcome = outcome_of(store, validated)
    if not outcome.success:
        raise ValidationFailedError(f"{outcome.message()}\nData Docs: {data_docs_of(store, validated)}")


def outcome_of(store: Store, validated: Artifact) -> Outcome:
    """The outcome in validate's result."""
    from expectations.outcome import Outcome

    return Outcome.from_dict(json.loads((store.path(validated) / OUTCOME).read_text(encoding="utf-8")))


def data_docs_of(store: Store, validated: Artifact) -> Path:
    """The folder of the Data Docs in validate's result; `index.html` is their entrance."""
    return store.path(validated) / DATA_DOCS
