"""The features are checked, and held to those that the champion was trained on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expectations.outcome import Outcome
from soundcheck.artifacts import Artifact
from soundcheck.config import DataConfig, FeaturesConfig, SpectrogramChecksConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import MANIFEST_FILE, write_manifest
from soundcheck.data.sources import Source
from soundcheck.features.examples import Examples, read_examples
from soundcheck.features.index import INDEX_FILE
from soundcheck.features.profile import Profile, profile_of
from soundcheck.features.shards import write_shards
from soundcheck.store import Draft, Store
from tasks.validate_spectrograms import validate_spectrograms

FEATURES = FeaturesConfig()
RATE_HZ = 16000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def data(store: Store, speech_folder: Path) -> dict[str, Artifact]:
    source = Source(speech_folder, digest="")
    manifest = build_manifest(source, DataConfig(split="random"), FEATURES.clip_duration_ms)

    def list_clips(draft: Draft) -> None:
        write_manifest(manifest, draft.folder / MANIFEST_FILE)

    def compute(draft: Draft) -> None:
        write_shards(manifest, source, FEATURES, RATE_HZ, store.parts).save(draft.folder / INDEX_FILE)

    makers = {"manifest": list_clips, "shards": compute}
    return {name: made(store, name, write) for name, write in makers.items()}


def made(store: Store, name: str, write: Callable[[Draft], None]) -> Artifact:
    from soundcheck.artifacts import Recipe

    return store.make(Recipe(stage=name, inputs={}, code="", versions={}), write)


@pytest.fixture
def clips(store: Store, data: dict[str, Artifact]) -> Examples:
    folders = {name: store.path(artifact) for name, artifact in data.items()}
    return read_examples(folders["manifest"] / MANIFEST_FILE, folders["shards"] / INDEX_FILE, store.parts)


def checked(store: Store, data: dict[str, Artifact], profile: Profile | None) -> tuple[Outcome, str]:
    inputs: dict[str, Any] = {
        **data,
        "source": Source(Path(), digest=""),
        "checks": SpectrogramChecksConfig(),
        "features": FEATURES,
        "sample_rate_hz": RATE_HZ,
        "model_name": "m",
        "champion_profile": lambda: profile,
    }
    recipe = validate_spectrograms.recipe(inputs)
    found = store.make(recipe, lambda draft: validate_spectrograms.write(draft, store, **inputs), afresh=True)
    return Outcome.load(store.path(found)), store.inventory(found).note


def drift(outcome: Outcome) -> list[Any]:
    return [check for check in outcome.checks if "population_stability_index" in check.expectation]


def test_without_a_champion_there_is_nothing_to_drift_from(store: Store, data: dict[str, Artifact]) -> None:
    outcome, note = checked(store, data, None)
    assert outcome.success
    assert drift(outcome) == []
    assert note.endswith("no champion of such features and labels")


@pytest.mark.parametrize("gain", [0.0, 1.5])
def test_features_are_held_to_the_champions(
    store: Store, data: dict[str, Artifact], clips: Examples, gain: float
) -> None:
    labels, speakers = clips.rows["label"].tolist(), clips.rows["speaker"].tolist()
    outcome, note = checked(store, data, profile_of(clips.summaries + gain, labels, speakers))
    (check,) = drift(outcome)
    assert check.success == (gain == 0)
    assert check.severity == "warning"
    assert outcome.success
    assert "held to the champion's" in note
