import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from soundcheck.features.profile import (
    Profile,
    chance_level,
    count_speakers,
    drift_of,
    population_stability_index,
    profile_of,
)
from soundcheck.features.reading import summaries

NORMAL = np.random.default_rng(0).normal(size=(5000, 4)).astype(np.float32)


def profiled(values: np.ndarray) -> Profile:
    return profile_of(values, ["yes"] * len(values), names(len(values)))


def names(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def index_of(profile: Profile, values: np.ndarray) -> np.ndarray:
    return population_stability_index(profile, values, ["yes"] * len(values))


def test_a_profile_counts_clips_labels_speakers_and_tenths():
    profile = profile_of(NORMAL, ["yes", "no"] * 2500, ["a", "b", "", "b"] * 1250)

    assert (profile.speakers, profile.labels) == (2, {"no": 2500, "yes": 2500})
    assert np.array(profile.edges).shape == (4, 9)
    np.testing.assert_allclose(profile.edges, np.quantile(NORMAL, np.arange(1, 10) / 10, axis=0).T, rtol=1e-5)
    assert np.sum(list(profile.counts.values()), axis=0) == pytest.approx(np.full((4, 10), 500), abs=1)


def test_it_survives_json_and_is_small():
    profile = profiled(np.tile(NORMAL, (1, 20)))

    text = profile.model_dump_json()

    assert Profile.model_validate(json.loads(text)) == profile
    assert len(text) < 20_000


def test_the_same_clips_have_no_drift_and_others_of_the_same_kind_little():
    profile = profiled(NORMAL[:2500])

    assert (index_of(profile, NORMAL[:2500]) == 0).all()
    assert (index_of(profile, NORMAL[2500:]) < 0.02).all()


def test_the_index_is_that_of_the_formula():
    profile = profiled(np.repeat(np.arange(10, dtype=np.float32), 10)[:, np.newaxis])
    lower_half = np.repeat(np.arange(5, dtype=np.float32), 20)[:, np.newaxis]

    # Of 100 clips in ten bins 10 each, and 20 in half of them; half a clip is added to each bin.
    before, twice, none = 10.5 / 105, 20.5 / 105, 0.5 / 105
    terms = [(share - before) * np.log(share / before) for share in (twice, none)]
    assert index_of(profile, lower_half) == pytest.approx([5 * sum(terms)])


def test_a_shift_is_seen_in_its_feature_alone_and_grows():
    profile = profiled(NORMAL)
    shift = np.array([0, 1, 0, 0], np.float32)

    small, large = (index_of(profile, NORMAL + factor * shift) for factor in (0.2, 1.0))

    assert small[1] < 0.1
    assert large[1] > 0.25
    assert (np.delete(large, 1) == 0).all()


def test_a_spread_that_doubles_is_seen_though_the_mean_stays():
    assert (index_of(profiled(NORMAL), 2 * NORMAL) > 0.25).all()


def test_a_constant_feature_does_not_drift_while_it_is_constant():
    profile = profiled(np.zeros((100, 2), np.float32))

    index = index_of(profile, np.array([[0, -1]] * 50, np.float32))

    assert index[0] == pytest.approx(0, abs=0.05)
    assert index[1] > 1


@given(arrays(np.float32, st.tuples(st.integers(1, 40), st.just(2)), elements=st.floats(-1e6, 1e6, width=32)))
def test_the_index_is_finite_and_never_negative(values):
    profile = profiled(values)

    assert profile.labels == {"yes": len(values)}
    for others in (values, values + 1, -values):
        index = index_of(profile, others)
        assert np.isfinite(index).all()
        assert (index >= 0).all()


def test_chance_seldom_exceeds_its_level():
    rng = np.random.default_rng(1)
    profile = profiled(NORMAL)

    largest = [index_of(profile, rng.normal(size=(100, 4)).astype(np.float32)).max() for _ in range(300)]

    level = chance_level(profile, ["yes"] * 100, names(100))
    assert np.mean(np.array(largest) > level) < 0.03
    assert np.quantile(largest, 0.9) > level / 2


def test_the_level_of_chance_falls_with_more_speakers():
    profile = profiled(NORMAL)

    few, many = (chance_level(profile, ["yes"] * count, names(count)) for count in (10, 100))
    assert few > 9 * many > 0


WORDS = np.repeat(["no", "go", "yes"], [3000, 1500, 500])
SHIFTED = NORMAL + (WORDS == "yes")[:, np.newaxis] * np.float32(3)


@pytest.mark.parametrize(
    "every", [{"no": 1, "go": 1, "yes": 20}, {"no": 20, "go": 1, "yes": 1}, {"no": 1, "go": 1}, {"yes": 1}]
)
def test_another_mix_of_labels_is_no_drift(every):
    profile = profile_of(SHIFTED, WORDS.tolist(), names(5000))
    kept = np.array([number % every.get(word, 5001) == 0 for number, word in enumerate(WORDS)])
    kept[0] = "no" in every

    index = population_stability_index(profile, SHIFTED[kept], WORDS[kept].tolist())

    assert (index < 0.1).all()


def test_clips_of_a_label_that_the_profile_does_not_know_are_left_out():
    profile = profiled(NORMAL[:2500])
    others = np.concatenate([NORMAL[2500:], np.full((500, 4), 9, np.float32)])
    labels = ["yes"] * 2500 + ["new"] * 500

    assert population_stability_index(profile, others, labels) == pytest.approx(
        index_of(profile, NORMAL[2500:])
    )
    assert chance_level(profile, labels, names(3000)) == pytest.approx(
        chance_level(profile, labels[:2500], names(2500))
    )


def test_a_drift_within_a_label_is_seen_at_any_mix():
    profile = profile_of(NORMAL, WORDS.tolist(), names(5000))
    kept = WORDS != "go"

    index = population_stability_index(profile, SHIFTED[kept] + 1, WORDS[kept].tolist())

    assert (index > 0.25).all()


def test_the_level_of_chance_rises_with_the_weights():
    profile = profile_of(NORMAL, WORDS.tolist(), names(5000))

    even, uneven = (chance_level(profile, ["no"] * no + ["go"] * (150 - no), names(150)) for no in (100, 10))

    assert uneven > 2 * even


def test_labels_none_of_which_the_profile_knows_cannot_be_compared():
    profile = profiled(NORMAL)

    assert profile.knows(["up", "yes"])
    assert not profile.knows(["up"])
    with pytest.raises(ValueError, match="labels has up and profile yes"):
        population_stability_index(profile, NORMAL, ["up"] * 5000)


def test_speakers_are_counted_without_nobody():
    assert count_speakers(["a", "", "b", "a"]) == 2
    assert count_speakers(["", ""]) == 1


def test_real_clips_drift_when_they_are_louder(manifest, write, new_parts):
    parts = new_parts()
    values = summaries(manifest, write(manifest, parts), parts)
    profile = profile_of(values, manifest["label"].tolist(), manifest["path"])
    louder = values.copy()
    louder[:, :40] += 1.5

    drift = drift_of(profile, louder, manifest["label"].tolist()).set_index("name")[
        "population_stability_index"
    ]

    assert list(drift.index[[0, 39, 40, 79]]) == [
        "mean of band 1",
        "mean of band 40",
        "deviation of band 1",
        "deviation of band 40",
    ]
    assert (drift[:40] > 0.25).all()
    assert (drift[40:] == 0).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.empty((0, 4), np.float32), r"\(clips, features\)"),
        (np.full((3, 4), np.nan, np.float32), "not finite"),
        (np.zeros((3, 5), np.float32), "5 features and profile 4"),
    ],
)
def test_what_cannot_be_compared_is_an_error(values, message):
    with pytest.raises(ValueError, match=message):
        index_of(profiled(NORMAL), values)
