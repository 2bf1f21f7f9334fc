"""Irreducible error on clips with known defects."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundcheck.audit.irreducible_error import SILENCE, IrreducibleError, estimate_irreducible_error
from soundcheck.audit.label_audit import LabelAudit
from soundcheck.errors import SoundcheckError


def clean(count: int) -> pd.DataFrame:
    """Clips of a second with a word each, go and no in turn."""
    return pd.DataFrame(
        {
            "clip_digest": [f"sound {number}" for number in range(count)],
            "path": [f"{number}.wav" for number in range(count)],
            "label": ["go", "no"] * (count // 2),
            "split": "test",
            "sample_rate_hz": 16000,
            "frames": 16000,
            "peak": 0.5,
            "rms": 0.1,
            "speech_contrast_db": 30.0,
            "longest_constant_ms": 0.0,
        }
    )


def with_silence(clips: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    """Digital silence in these rows."""
    clips = clips.copy()
    columns = ["peak", "rms", "speech_contrast_db", "longest_constant_ms"]
    clips.loc[list(rows), columns] = [0.0, 0.0, 0.0, 1000.0]
    return clips


def audit_of(clips: pd.DataFrame, suspects: Sequence[int] = (), obstacle: str | None = None) -> LabelAudit:
    is_suspect = np.isin(np.arange(len(clips)), suspects)
    return LabelAudit(("go", "no"), clips[["path"]].assign(is_suspect=is_suspect), 0.9, obstacle)


def by_split(clips: pd.DataFrame, **audit: object) -> Mapping[str, IrreducibleError]:
    return estimate_irreducible_error(clips, audit_of(clips, **audit), 0.0003, 6.0)


def estimate(clips: pd.DataFrame, **audit: object) -> IrreducibleError:
    return by_split(clips, **audit)["test"]


def test_clean_clips_have_no_ceiling() -> None:
    found = estimate(clean(100))
    assert (found.ceiling, found.lowest_ceiling) == (1, 1)
    assert found.verdict == "no error is certain on these 100 clips"


def test_clips_without_any_sound_are_right_for_their_most_frequent_label_at_most() -> None:
    found = estimate(with_silence(clean(100), [0, 1, 2, 4, 6]))  # go, no, go, go, go
    assert (found.soundless, found.certain_errors, found.faint) == (5, 1, 0)
    assert found.ceiling == found.lowest_ceiling == 0.99


def test_a_constant_clip_is_without_sound_and_one_with_a_gap_is_not() -> None:
    clips = clean(100)
    clips.loc[[0, 1], ["rms", "longest_constant_ms"]] = [0.5, 1000.0]
    clips.loc[[2, 3], "longest_constant_ms"] = 999.9
    assert estimate(clips).soundless == 2


def test_silence_that_is_labelled_so_is_no_error() -> None:
    clips = with_silence(clean(100), range(12))
    clips.loc[:9, "label"] = SILENCE
    found = estimate(clips)
    assert (found.soundless, found.certain_errors) == (2, 2)
    noise = clean(100)
    noise.loc[:9, ["label", "speech_contrast_db"]] = [SILENCE, 1.0]
    assert estimate(noise).faint == 0


def test_what_is_near_silence_or_without_speech_may_be_heard_all_the_same() -> None:
    clips = clean(100)
    clips.loc[:3, "rms"] = 0.0002
    clips.loc[4:5, "speech_contrast_db"] = 3.0
    clips.loc[6, "speech_contrast_db"] = np.nan  # too short to be measured
    found = estimate(clips)
    assert (found.ceiling, found.faint, found.faint_errors) == (1, 6, 3)
    assert found.verdict == (
        "no error is certain on these 100 clips; if nothing can be heard in the 6 near silence or without "
        "speech, none can pass 0.970"
    )


def test_a_sound_under_two_labels_is_one_error_and_duplicates_are_none() -> None:
    clips = clean(100)
    clips.loc[:1, "clip_digest"] = "pair"
    clips.loc[[4, 6], "clip_digest"] = "duplicates"
    found = estimate(clips)
    assert (found.contradictions, found.certain_errors) == (1, 1)
    assert found.verdict == (
        "no model can pass 0.990 on these 100 clips (without any sound: 0, sounds under several labels: 1)"
    )


def test_a_pair_in_two_splits_contradicts_itself_in_neither() -> None:
    clips = clean(100)
    clips.loc[:1, "clip_digest"] = "pair"
    clips.loc[1:50, "split"] = "train"
    assert [by_split(clips)[split].certain_errors for split in ("test", "train")] == [0, 0]


def test_suspects_lower_the_lowest_ceiling_only() -> None:
    found = estimate(clean(100), suspects=[10, 11, 12, 13])
    assert (found.ceiling, found.suspects) == (1, 4)
    assert found.lowest_ceiling == pytest.approx(0.96)
    assert found.verdict == (
        "no error is certain on these 100 clips; if all 4 suspected labels are wrong, none can pass 0.960"
    )


def test_labels_that_could_not_be_judged_are_said_to_come_on_top() -> None:
    found = estimate(clean(100), obstacle="there are too few clips")
    assert found.lowest_ceiling == 1
    assert found.verdict.endswith("; wrong labels, which could not be judged, come on top")


def test_a_clip_counts_once() -> None:
    clips = with_silence(clean(100), [0, 1])
    clips.loc[2:3, "clip_digest"] = "pair"
    clips.loc[[2, 9], "rms"] = 0.0001
    found = estimate(clips, suspects=[0, 2, 3, 9, 11])
    assert (found.certain_errors, found.faint, found.suspects) == (2, 1, 1)
    assert found.lowest_ceiling == pytest.approx(1 - 3.5 / 100)


def test_suspects_count_in_their_split() -> None:
    clips = clean(100)
    clips.loc[50:, "split"] = "train"
    found = by_split(clips, suspects=[1, 60, 61, 62])
    assert [found[split].suspects for split in ("test", "train")] == [1, 3]
    assert found["test"].to_dict()["verdict"] == found["test"].verdict


@settings(max_examples=50)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 5), st.sampled_from(["go", "no", SILENCE]), *[st.booleans() for _ in range(3)]
        ),
        min_size=1,
        max_size=40,
    )
)
def test_the_ceiling_is_what_the_best_answers_in_hindsight_reach(
    rows: list[tuple[int, str, bool, bool, bool]],
) -> None:
    sounds, labels, silent, faint, suspects = (list(column) for column in zip(*rows, strict=True))
    clips = pd.concat([clean(2)] * len(rows), ignore_index=True).iloc[: len(rows)]
    names = [f"{number}.wav" for number in range(len(rows))]
    clips = clips.assign(path=names, label=labels, clip_digest=[f"sound {sound}" for sound in sounds])
    clips.loc[faint, "rms"] = 0.0001
    clips = with_silence(clips, np.flatnonzero(silent).tolist())
    found = estimate(clips, suspects=np.flatnonzero(suspects).tolist())
    heard = ["nothing" if is_silent else sound for sound, is_silent in zip(sounds, silent, strict=True)]
    right = sum(
        max(sum(pair == (sound, label) for pair in zip(heard, labels, strict=True)) for label in set(labels))
        for sound in set(heard)
    )
    assert found.ceiling == pytest.approx(right / len(clips))
    assert -1e-9 <= found.lowest_ceiling <= found.ceiling <= 1


def test_silence_is_what_ingest_calls_it() -> None:
    from soundcheck.data import listing

    assert listing.SILENCE == SILENCE


def test_other_clips_than_those_audited_are_refused() -> None:
    clips = clean(10)
    with pytest.raises(SoundcheckError, match="do not belong together"):
        estimate_irreducible_error(clips.iloc[::-1], audit_of(clips), 0.0003, 6.0)
