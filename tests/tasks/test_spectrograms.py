"""The stage that keeps features: which earlier ones it takes over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from soundcheck.artifacts import Artifact, Recipe, digest_of
from soundcheck.config import FeaturesConfig
from soundcheck.data.manifest import MANIFEST_FILE
from soundcheck.data.sources import Source
from soundcheck.features.index import INDEX_FILE
from soundcheck.files import sha256_of
from soundcheck.store import Draft, Store
from tasks.spectrograms import EARLIER_INDEXES, spectrograms

CLIPS = 16
FIRST, SECOND, ALL = slice(0, 8), slice(8, 16), slice(0, 16)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def computed(store: Store, speech_folder: Path) -> Callable[..., int]:
    """Makes the features of some real clips; how many it had to compute."""
    paths = sorted(speech_folder.glob("*/*.wav"))[:CLIPS]
    names, digests = [path.relative_to(speech_folder).as_posix() for path in paths], [*map(sha256_of, paths)]
    table = pd.DataFrame(
        {
            "clip_digest": digests,
            "path": names,
            "label": "yes",
            "split": "train",
            "file": names,
            "file_digest": digests,
            "start_frame": 0,
            "frames": 16000,
        }
    )

    def make(rows: slice, *, afresh: bool = False, **features: Any) -> int:
        inputs = {
            "clips": Artifact(
                kind="clips", path="-", digest=digest_of(table["clip_digest"].iloc[rows].tolist())
            ),
            "manifest": stored_manifest(store, table.iloc[rows]),
            "source": Source(speech_folder, digest="s1"),
            "features": FeaturesConfig(**features),
            "sample_rate_hz": 16000,
        }
        recipe = spectrograms.recipe(inputs)
        made = store.make(recipe, lambda draft: spectrograms.write(draft, store, **inputs), afresh=afresh)
        return int(store.inventory(made).note.split()[0])

    return make


def stored_manifest(store: Store, table: pd.DataFrame) -> Artifact:
    def write(draft: Draft) -> None:
        table.to_parquet(draft.folder / MANIFEST_FILE, index=False)

    paths = digest_of(table["path"].tolist())
    return store.make(Recipe(stage="ingest", inputs={"paths": paths}, code="", versions={}), write)


def test_what_an_earlier_result_holds_is_not_computed_again(computed: Callable[..., int]) -> None:
    assert computed(FIRST) == 8
    assert computed(ALL) == 8
    assert computed(SECOND) == 0


def test_data_sets_that_are_trained_on_by_turns_are_computed_once(computed: Callable[..., int]) -> None:
    by_turns = (slice(0, 7), slice(8, 15), slice(0, 8), slice(8, 16))
    assert [computed(rows) for rows in by_turns] == [7, 7, 1, 1]


def test_nothing_is_taken_over_afresh(computed: Callable[..., int]) -> None:
    assert [computed(ALL), computed(ALL, afresh=True)] == [16, 16]


def test_features_of_another_configuration_are_not_taken_over(computed: Callable[..., int]) -> None:
    assert [computed(ALL), computed(ALL, storage="float32"), computed(FIRST)] == [16, 16, 0]


def test_a_damaged_index_is_passed_over(computed: Callable[..., int], store: Store) -> None:
    computed(FIRST)
    computed(SECOND)
    latest, _ = store.inventories("spectrograms")
    (store.path(latest.artifact) / INDEX_FILE).write_text("{}")
    assert computed(ALL) == 8


def test_only_the_latest_results_are_looked_at(computed: Callable[..., int]) -> None:
    """For each costs reading what may be long gone from memory."""
    computed(SECOND)
    for last in range(1, EARLIER_INDEXES + 1):
        computed(slice(0, last))
    assert computed(SECOND) == 8
