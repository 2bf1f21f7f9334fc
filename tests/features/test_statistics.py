import numpy as np
import pandas as pd
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.features.half_precision import to_half
from soundcheck.features.index import Shard, ShardIndex
from soundcheck.features.reading import batches
from soundcheck.features.records import record
from soundcheck.features.spectrogram import LOG_FLOOR
from soundcheck.features.statistics import clip_statistics

EXACT = FeaturesConfig(storage="float32")
STFT = FeaturesConfig(kind="stft")
MEASURES = ["minimum", "maximum", "mean", "standard_deviation", "dynamic_range"]


@pytest.fixture
def clips(manifest) -> pd.DataFrame:
    """The first thirty clips, of which one was set aside."""
    rows = manifest.head(30)
    rows.loc[3, "split"] = ""
    return rows


def test_each_usable_clip_has_the_statistics_of_its_features(clips, write, new_parts):
    parts = new_parts()
    index = write(clips, parts, EXACT)

    statistics = clip_statistics(clips.sample(frac=1, random_state=0), index, parts, "log_mel")

    assert sorted(statistics["path"]) == sorted(clips["path"].drop(3))
    rows = clips.set_index("path").loc[statistics["path"]].reset_index()
    features = np.concatenate(list(batches(rows, index, parts, 64)))
    expected = np.stack([features.min((1, 2)), features.max((1, 2)), features.mean((1, 2))], axis=1)
    np.testing.assert_allclose(statistics[["minimum", "maximum", "mean"]], expected, rtol=1e-5)
    np.testing.assert_allclose(statistics["standard_deviation"], features.std((1, 2)), rtol=1e-4)
    np.testing.assert_allclose(statistics["dynamic_range"], np.ptp(features, axis=(1, 2)), rtol=1e-5)
    assert (statistics[["frames", "bins", "not_finite"]] == [98, 40, 0]).all(axis=None)
    assert list(statistics["label"]) == list(rows["label"])


def test_the_dynamic_range_of_magnitudes_is_in_nats_over_the_floor(clips, write, new_parts):
    parts = new_parts()

    statistics = clip_statistics(clips, write(clips, parts, STFT), parts, "stft")

    expected = np.log((statistics["maximum"] + LOG_FLOOR) / (statistics["minimum"] + LOG_FLOOR))
    np.testing.assert_allclose(statistics["dynamic_range"], expected)
    assert statistics["dynamic_range"].between(3, 16).all()


def stored(features: np.ndarray, storage: str, parts) -> tuple[pd.DataFrame, ShardIndex]:
    """Features as one shard, and the manifest of their clips."""
    names = [str(number) for number in range(len(features))]
    values = to_half(features) if storage == "float16" else features
    digest = parts.add(b"".join(piece for clip in values for piece in record({"features": clip.tobytes()})))
    clips = pd.DataFrame({"clip_digest": names, "path": names, "label": "yes", "split": "test"})
    return clips, ShardIndex(*features.shape[1:], storage, (Shard(digest, tuple(names)),))


@pytest.mark.parametrize("storage", ["float16", "float32"])
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_counted_in_either_format(storage, broken, new_parts):
    parts = new_parts()
    features = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(np.float32)
    features[1, 2, :2] = broken

    statistics = clip_statistics(*stored(features, storage, parts), parts, "log_mel")

    assert list(statistics["not_finite"]) == [0, 2, 0]
    assert statistics.loc[1, MEASURES].isna().all()
    assert statistics.loc[[0, 2], MEASURES].notna().all(axis=None)


@pytest.mark.parametrize(("kind", "silence"), [("stft", 0.0), ("log_mel", np.log(LOG_FLOOR))])
def test_digital_silence_has_no_dynamic_range(kind, silence, new_parts):
    parts = new_parts()

    statistics = clip_statistics(
        *stored(np.full((2, 5, 4), silence, np.float32), "float16", parts), parts, kind
    )

    assert list(statistics["dynamic_range"]) == [0, 0]
    assert list(statistics["standard_deviation"]) == pytest.approx([0, 0], abs=1e-6)


def test_no_clip_gives_an_empty_table_of_the_same_columns(manifest, write, new_parts):
    parts = new_parts()
    clips = manifest.head(2)
    index = write(clips, parts)

    empty = clip_statistics(clips.assign(split=""), index, parts, "log_mel")

    assert len(empty) == 0
    assert list(empty.dtypes) == list(clip_statistics(clips, index, parts, "log_mel").dtypes)
