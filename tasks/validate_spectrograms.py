"""Validate the spectrograms: what must hold of the features before anything is learnt from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from soundcheck.artifacts import digest_of
from tasks.caching import Draft, Store, stage

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd

    from soundcheck.artifacts import Artifact
    from soundcheck.config import FeaturesConfig, SpectrogramChecksConfig
    from soundcheck.data.sources import Source
    from soundcheck.features.index import Parts, ShardIndex
    from soundcheck.features.profile import Profile


# Which version is champion does not count: features are held to it once, when they are new.
@stage(
    libraries=["great-expectations", "numpy", "pandas", "scipy", "tensorflow", "tensorflow-io"],
    ignored=["source.digest"],
)
def validate_spectrograms(
    draft: Draft,
    store: Store,
    manifest: Artifact,
    shards: Artifact,
    source: Source,
    checks: SpectrogramChecksConfig,
    features: FeaturesConfig,
    sample_rate_hz: int,
    model_name: str,  # noqa: ARG001 (names the champion in the recipe)
    champion_profile: Callable[[], Profile | None],
) -> None:
    """The outcome of every expectation on the features, and on their drift since the champion's training."""
    from expectations.checkpoint import run_checkpoints
    from expectations.failing_clips import write_failing_clips
    from expectations.outcome import DATA_DOCS
    from expectations.spectrograms import spectrograms_suite
    from soundcheck.data.manifest import MANIFEST_FILE, read_manifest, usable
    from soundcheck.data.waveforms import sounds_of
    from soundcheck.features.index import INDEX_FILE, ShardIndex
    from soundcheck.features.spectrogram import geometry
    from soundcheck.features.statistics import clip_statistics

    clips = usable(read_manifest(store.path(manifest) / MANIFEST_FILE))
    index = ShardIndex.load(store.path(shards) / INDEX_FILE)
    statistics = clip_statistics(clips, index, store.parts, features.kind)
    shape = geometry(features, sample_rate_hz)
    suite = spectrograms_suite(
        frames=shape.frames,
        bins=shape.bins,
        **checks.model_dump(exclude={"max_population_stability_index"}),
    )
    profile = champion_profile()
    drift: list[tuple[gx.ExpectationSuite, pd.DataFrame]] = []
    if profile is not None and profile.knows(clips["label"].tolist()):
        drift = [_drift(profile, clips, index, store.parts, checks.max_population_stability_index)]
    outcome = run_checkpoints([(suite, statistics), *drift], "features", draft.folder / DATA_DOCS)
    labels = dict(zip(clips["path"], clips["label"], strict=True))
    write_failing_clips(outcome, draft.folder / DATA_DOCS, labels, sounds_of(source, clips))
    outcome.save(draft.folder)
    draft.digest = digest_of(outcome.to_dict())
    compared = "held to the champion's" if drift else "no champion of such features and labels"
    draft.note = f"{outcome.summary()}; {compared}"


def _drift(
    profile: Profile, clips: pd.DataFrame, index: ShardIndex, parts: Parts, limit: float
) -> tuple[gx.ExpectationSuite, pd.DataFrame]:
    """Few speakers differ from others by chance: the limit is no lower than what that explains."""
    from expectations.spectrograms import drift_suite
    from soundcheck.features.profile import chance_level, drift_of
    from soundcheck.features.reading import summaries

    labels, speakers = clips["label"].tolist(), clips["speaker"].tolist()
    limit = max(limit, chance_level(profile, labels, speakers))
    drift = drift_of(profile, summaries(clips, index, parts), labels)
    return drift_suite(max_population_stability_index=limit), drift
