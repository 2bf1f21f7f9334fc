"""Validate: what must hold of the clips and their splits, checked before anything is computed from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.artifacts import digest_of
from soundcheck.data.manifest import MANIFEST_FILE, TEST, TRAIN, VALIDATION, read_manifest
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import ValidationConfig
    from soundcheck.data.sources import Source


# The manifest stands for the clips' content; from the source only the sound of failing ones is taken.
@stage(
    libraries=["great-expectations", "numpy", "pandas", "scipy", "tensorflow", "tensorflow-io"],
    ignored=["source.digest", "validation.spectrograms", "validation.predictions"],
)
def validate(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    source: Source,
    validation: ValidationConfig,
    sample_rate_hz: int,
    split: str,
    validation_fraction: float,
    test_fraction: float,
    splits_given: bool,
) -> None:
    """The outcome of every expectation on clips and splits, the Data Docs, and the failing clips' sounds."""
    from expectations.checkpoint import run_checkpoints
    from expectations.clips import clips_suite
    from expectations.failing_clips import write_failing_clips
    from expectations.outcome import DATA_DOCS
    from expectations.splits import splits_suite
    from soundcheck.data.near_duplicates import mark_near_duplicates
    from soundcheck.data.waveforms import sounds_of

    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    marked = mark_near_duplicates(table, validation.min_near_duplicate_similarity)
    train_fraction = 1 - validation_fraction - test_fraction
    fractions = {TRAIN: train_fraction, VALIDATION: validation_fraction, TEST: test_fraction}
    suites = [
        clips_suite(validation.model_dump(), sample_rate_hz),
        splits_suite(
            fractions=None if splits_given else fractions,
            speakers_apart=split == "speaker" and not splits_given,
            **validation.splits.model_dump(),
        ),
    ]
    outcome = run_checkpoints([(suite, marked) for suite in suites], "data", draft.folder / DATA_DOCS)
    labels = dict(zip(table["path"], table["label"], strict=True))
    write_failing_clips(outcome, draft.folder / DATA_DOCS, labels, sounds_of(source, table))
    outcome.save(draft.folder)
    draft.digest = digest_of(outcome.to_dict())
    draft.note = outcome.summary()
