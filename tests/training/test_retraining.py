"""Training again on real clips: on how many, and what stays."""

from pathlib import Path

import pandas as pd
import pytest

from soundcheck.config import Config
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import MANIFEST_FILE, write_manifest
from soundcheck.data.sources import Source
from soundcheck.features.index import INDEX_FILE
from soundcheck.features.shards import write_shards
from soundcheck.store import Parts
from soundcheck.training.retraining import ALL_CLIPS, Retrained, retrain

pytestmark = pytest.mark.slow

CONFIG = Config.model_validate(
    {"data": {"split": "random"}, "model": {"width": 0.25}, "training": {"epochs": 1}}
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, speech_folder: Path) -> tuple[Path, Path, Parts]:
    folder, source = tmp_path_factory.mktemp("clips"), Source(speech_folder, digest="")
    parts = Parts(folder)
    manifest = build_manifest(source, CONFIG.data, CONFIG.features.clip_duration_ms)
    write_shards(manifest, source, CONFIG.features, CONFIG.data.sample_rate_hz, parts).save(
        folder / INDEX_FILE
    )
    write_manifest(manifest, folder / MANIFEST_FILE)
    return folder / MANIFEST_FILE, folder / INDEX_FILE, parts


def test_subsets_grow_and_the_test_clips_stay(files: tuple[Path, Path, Parts]) -> None:
    smallest, whole = (
        retrain(*files, CONFIG.model, CONFIG.training, subset=subset) for subset in (0, ALL_CLIPS)
    )
    assert 8 <= smallest.train_clips < whole.train_clips / 2
    assert smallest.test_clips == whole.test_clips
    assert 0 <= smallest.accuracy <= 1
    assert Retrained.from_dict(whole.to_dict()) == whole


def test_each_seed_draws_clips_of_its_own(
    files: tuple[Path, Path, Parts], monkeypatch: pytest.MonkeyPatch
) -> None:
    class SeenError(Exception):
        pass

    def read(clips: pd.DataFrame, *_others: object) -> None:
        raise SeenError(*sorted(clips.loc[clips["split"] == "train", "path"].unique()))

    monkeypatch.setattr("soundcheck.training.retraining.datasets_of", read)

    def clips_of(seed: int, subset: int) -> set[str]:
        training = CONFIG.training.model_copy(update={"seed": seed})
        with pytest.raises(SeenError) as seen:
            retrain(*files, CONFIG.model, training, subset=subset)
        return set(seen.value.args)

    assert clips_of(0, 0) == clips_of(0, 0)
    assert clips_of(0, 0) != clips_of(1, 0)
    assert clips_of(1, 0) < clips_of(1, 1)
    assert clips_of(0, ALL_CLIPS) == clips_of(1, ALL_CLIPS)
