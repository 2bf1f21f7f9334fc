"""Slices: planted ones are found, and nothing is found in noise."""

import numpy as np
import pandas as pd
import pytest
from answer_tables import manifest, with_mistakes
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.conditions import conditions_of
from soundcheck.evaluation.slices import find_slices
from soundcheck.evaluation.speakers import compare_speakers

CLIPS = manifest()


def mistakes(shares, seed=0):
    return np.random.default_rng(seed).random(len(CLIPS)) < shares


def test_nothing_is_reported_from_noise():
    seeds, level = 60, 0.2
    with_discoveries = sum(
        bool(find_slices(with_mistakes(CLIPS, mistakes(0.1, seed)), CLIPS, level=level).worst)
        for seed in range(seeds)
    )
    assert with_discoveries <= level * seeds


def test_a_bad_slice_is_found_first():
    quiet = CLIPS["rms"] <= CLIPS["rms"].quantile(0.25)
    table = with_mistakes(CLIPS, mistakes(np.where(quiet, 0.3, 0.05)))

    found = find_slices(table, CLIPS)

    worst = found.worst[0]
    assert [condition.column for condition in worst.conditions] == ["rms"]
    assert worst.conditions[0].highest == CLIPS.loc[quiet, "rms"].max()
    assert worst.accuracy.count == table.loc[quiet, "correct"].sum()
    assert worst.rest.value == table.loc[~quiet, "correct"].mean()
    assert worst.difference == worst.rest.value - worst.accuracy.value
    assert 0 < worst.difference_lower < worst.difference < worst.difference_upper
    assert worst.p_value <= worst.corrected_p_value <= 0.05


def test_a_bad_pair_is_found_that_neither_column_shows():
    # Bad where exactly one holds: each column alone looks as good as the other.
    loud, phone = CLIPS["rms"] > CLIPS["rms"].median(), CLIPS["source"] == "phone"
    table = with_mistakes(CLIPS, mistakes(np.where(loud == phone, 0.3, 0.05)))

    found = find_slices(table, CLIPS, ["rms", "source", "label"], quantiles=2)

    assert not [one for one in found.worst if len(one.conditions) == 1]
    columns = {tuple(condition.column for condition in one.conditions) for one in found.worst}
    assert columns == {("rms", "source")}
    assert len(found.worst) == 2
    assert " and source = phone" in found.worst[0].name or " and source = phone" in found.worst[1].name


def test_a_part_of_a_bad_slice_is_not_reported_once_more():
    phone = CLIPS["source"] == "phone"
    found = find_slices(with_mistakes(CLIPS, mistakes(np.where(phone, 0.4, 0.02))), CLIPS)
    assert [one.name for one in found.worst] == ["source = phone"]


def test_the_test_is_fishers():
    table = with_mistakes(CLIPS, mistakes(0.2))
    found = find_slices(table, CLIPS, ["label", "source"])
    for one in found.single:
        inside, outside = one.accuracy, one.rest
        counts = [
            [inside.total - inside.count, inside.count],
            [outside.total - outside.count, outside.count],
        ]
        assert one.p_value == pytest.approx(fisher_exact(counts, alternative="greater").pvalue)
        assert inside.total + outside.total == len(CLIPS)
        # Five singles and six pairs, which share the level.
        assert one.corrected_p_value == pytest.approx(min(1, one.p_value * 5 * 2))
    assert found.pairs_looked_at == 6
    assert found.looked_at == 11


def test_every_slice_and_its_rest_are_large_enough():
    found = find_slices(with_mistakes(CLIPS, mistakes(0.1)), CLIPS, min_clips=25)
    assert all(min(one.accuracy.total, one.rest.total) >= 25 for one in found.single)
    assert not any(one.name.startswith("sample_rate_hz") for one in found.single)


def test_the_order_of_the_rows_does_not_matter():
    table = with_mistakes(CLIPS, mistakes(np.where(CLIPS["rms"] < 0.03, 0.3, 0.05)))
    shuffled = find_slices(table.sample(frac=1, random_state=0), CLIPS.sample(frac=1, random_state=1))
    assert shuffled == find_slices(table, CLIPS)


def test_few_clips_have_no_slices():
    few = CLIPS.head(10)
    found = find_slices(with_mistakes(few, np.arange(10) < 5), few)
    assert (found.looked_at, found.worst, found.accuracy.count) == (0, (), 5)


@pytest.mark.parametrize("wrong", [True, False])
def test_a_model_that_is_always_alike_has_no_worst_slice(wrong):
    assert find_slices(with_mistakes(CLIPS, np.full(len(CLIPS), wrong)), CLIPS).worst == ()


def test_what_has_too_few_clips_to_be_looked_at_is_named():
    found = find_slices(with_mistakes(CLIPS, mistakes(0.1)), CLIPS.assign(speaker=CLIPS["path"]))
    assert found.too_small == ("speaker",)
    assert "No speaker has 20 test clips, so that none is a slice." in found.summary()
    small = find_slices(with_mistakes(CLIPS, mistakes(0.1)), CLIPS, min_clips=210)
    assert small.too_small == ("speaker", "range of loudness (RMS)", "range of speech above background")
    assert (
        "No speaker, range of loudness (RMS) or range of speech above background has 210" in small.summary()
    )


def test_where_nothing_can_be_looked_at_that_is_all_that_is_said():
    few = CLIPS.head(10)
    summary = find_slices(with_mistakes(few, np.zeros(10, bool)), few).summary()
    assert summary == (
        "No slice was looked at: of the 10 test clips no condition holds of 20 and fails of as many."
    )


def test_bad_speakers_are_named_though_none_has_enough_clips():
    clips = CLIPS.head(400).assign(speaker=[f"s{number % 40:02d}" for number in range(400)])
    bad = clips["speaker"].isin(["s03", "s11"])
    wrong = np.where(bad, 0.6, 0.05) > np.random.default_rng(0).random(len(clips))
    found = find_slices(with_mistakes(clips, wrong), clips)
    assert found.too_small == ("speaker",)
    assert found.speakers.p_value == 1 / 2000
    assert {one.name for one in found.speakers.worst[:2]} == {"s03", "s11"}
    for one in found.speakers.worst:
        own = clips["speaker"] == one.name
        assert (one.accuracy.count, one.accuracy.total) == ((~wrong[own]).sum(), 10)
        assert f"{one.name!r} with an accuracy of {one.accuracy} on 10 clips" in found.summary()
    assert found.show_a_difference


def test_speakers_are_rarely_said_to_differ_by_chance():
    found = [
        find_slices(with_mistakes(CLIPS, mistakes(0.1, seed)), CLIPS, ["speaker"]).speakers
        for seed in range(40)
    ]
    assert sum(one.is_beyond_chance for one in found) <= 5
    assert all((one.worst != ()) == one.is_beyond_chance for one in found)


def test_a_speaker_of_hard_words_is_no_bad_speaker():
    words = np.repeat(["go", "no"], 200)
    speakers = np.array([f"{word}{number % 10}" for number, word in enumerate(words)])
    wrong = np.where(words == "go", 0.6, 0.02) > np.random.default_rng(1).random(400)
    assert not compare_speakers(speakers, words, wrong).is_beyond_chance
    assert compare_speakers(speakers, np.full(400, "go"), wrong).is_beyond_chance


@pytest.mark.parametrize(
    ("speakers", "wrong"),
    [
        (["a", "a", "b", "b"], [False] * 4),
        (["a", "a", "b", "b"], [True] * 4),
        (["a", "a", "", ""], [True, False, True, False]),
        (["a", "b", "c", "d"], [True, False, True, False]),
        ([""] * 4, [True, False, True, False]),
    ],
    ids=["no mistake", "only mistakes", "one speaker", "a clip each", "nobody"],
)
def test_where_chance_is_all_there_can_be_speakers_are_not_compared(speakers, wrong):
    assert compare_speakers(np.array(speakers), np.full(4, "go"), np.array(wrong)) is None


def test_source_and_format_are_read_off_the_file():
    on_phone = CLIPS.index % 2 == 0
    files = [
        f"{'phone' if phone else 'room/two'}/{label}/{number}.{'MP3' if phone else 'wav'}"
        for number, (phone, label) in enumerate(zip(on_phone, CLIPS["label"], strict=True))
    ]
    clips = CLIPS.drop(columns="source").assign(file=files)
    found = find_slices(with_mistakes(clips, mistakes(np.where(on_phone, 0.4, 0.02))), clips)
    names = {one.name for one in found.single}
    assert {"source = phone", "source = room/two", "file format = mp3", "file format = wav"} <= names
    assert {one.name for one in found.worst[:2]} == {"source = phone", "file format = mp3"}
    kept = find_slices(with_mistakes(clips, mistakes(0.1)), clips.assign(source="hall"), ["source"])
    assert kept.looked_at == 0
    plain = CLIPS.drop(columns="source").assign(file=CLIPS["label"] + "/" + CLIPS["path"])
    with_labels = find_slices(with_mistakes(plain, mistakes(0.1)), plain, ["source", "file_format"])
    assert with_labels.looked_at == 0


def test_refusals_name_what_was_received():
    table = with_mistakes(CLIPS, mistakes(0.1))
    with pytest.raises(SoundcheckError, match="'loudness'"):
        find_slices(table, CLIPS, ["loudness"])
    with pytest.raises(SoundcheckError, match="no row for 1 clips of predictions, such as '00000"):
        find_slices(table, CLIPS.iloc[1:])
    with pytest.raises(SoundcheckError, match="no row"):
        find_slices(table.iloc[:0], CLIPS)
    with pytest.raises(SoundcheckError, match="quantiles must be at least 2; received 1"):
        find_slices(table, CLIPS, quantiles=1)
    with pytest.raises(SoundcheckError, match="min_clips must be at least 1; received 0"):
        find_slices(table, CLIPS, min_clips=0)
    with pytest.raises(SoundcheckError, match="level must be between 0 and 1; received 1"):
        find_slices(table, CLIPS, level=1)


@given(
    st.lists(st.one_of(st.just(1.0), st.just(float("nan")), st.floats(-1e6, 1e6)), min_size=1, max_size=60),
    st.integers(2, 6),
)
@settings(max_examples=100)
def test_ranges_hold_each_number_once(numbers, quantiles):
    conditions, members = conditions_of(pd.DataFrame({"rms": numbers}), quantiles, min_clips=0)

    assert (members.sum(axis=0) == 1).all()
    for condition, holds in zip(conditions, members, strict=True):
        inside = np.array(numbers)[holds]
        assert holds.any()
        if condition.lowest is None:
            assert np.isnan(inside).all()
        else:
            assert (condition.lowest, condition.highest) == (inside.min(), inside.max())


def test_a_value_of_many_clips_is_a_range_of_its_own():
    names = [one.name for one in conditions_of(CLIPS[["duration_s", "clipped_fraction"]], 4, 20)[0]]
    assert "length = 1 s" in names
    assert "share of samples at full scale = 0" in names
    assert len(names) == 4


def test_quantiles_cut_numbers_into_equal_parts():
    _, members = conditions_of(CLIPS[["rms"]], 4, 20)
    assert list(members.sum(axis=1)) == [200] * 4


def test_what_was_not_measured_or_is_empty_is_a_slice():
    table = pd.DataFrame({"contrast": [np.nan] * 20 + [1.0] * 30, "speaker": ["a"] * 20 + [""] * 30})
    names = [one.name for one in conditions_of(table, 4, 20)[0]]
    assert names == ["contrast = not measured", "contrast = 1", "speaker = (empty)", "speaker = a"]
