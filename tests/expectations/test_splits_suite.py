"""The suite over the splits: each way in which a split can be dishonest, and real clips in honest ones."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from expectations.checkpoint import run_checkpoint
from expectations.outcome import Check, Outcome
from expectations.splits import splits_suite
from soundcheck.data.splits import split_of_speaker

FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}
SETTINGS = {
    "fractions": FRACTIONS,
    "speakers_apart": True,
    "max_shared_fraction": 0.05,
    "max_proportion_deviation": 0.05,
}
LABELS = ("no", "yes")
SPEAKERS = 50


def manifest() -> pd.DataFrame:
    """A hundred clips: fifty speakers say two words; five of them validate, five test."""
    paths = [f"{label}/{speaker:02}.wav" for label in LABELS for speaker in range(SPEAKERS)]
    digests = [hashlib.sha256(path.encode()).hexdigest() for path in paths]
    return pd.DataFrame(
        {
            "path": paths,
            "label": [path.split("/")[0] for path in paths],
            "speaker": [path[-6:-4] for path in paths],
            "split": (["validation"] * 5 + ["test"] * 5 + ["train"] * 40) * len(LABELS),
            "clip_digest": digests,
            "file_digest": digests,
            "near_duplicate_group": "",
        }
    )


def run(frame: pd.DataFrame, folder: Path, **settings: object) -> Outcome:
    return run_checkpoint(splits_suite(**SETTINGS | settings), frame, "splits", folder / "docs")


def failed(outcome: Outcome) -> dict[str, Check]:
    return {check.expectation.split("(")[0]: check for check in outcome.checks if not check.success}


def test_honest_splits_pass_everything(tmp_path):
    outcome = run(manifest(), tmp_path)

    assert outcome.summary() == "7 of 7 expectations hold, 0 critical, 0 warnings"
    assert [check.unexpected_count for check in outcome.checks] == [0] * 7


def test_clips_that_were_set_aside_are_passed_over(tmp_path):
    aside = manifest().head(30).assign(split="", label="aside", near_duplicate_group="yes/49.wav")
    aside["path"] = "aside/" + aside["path"]

    outcome = run(pd.concat([manifest(), aside]), tmp_path)

    assert failed(outcome) == {}


def test_noise_may_be_in_every_split_and_digital_silence_be_the_same(tmp_path):
    noise = (
        manifest().iloc[[0, 5, 10] * 4].assign(label="_silence_", clip_digest="zeros", file_digest="zeros")
    )
    noise["path"] = [f"_silence_/{number}.wav" for number in range(len(noise))]
    noise["speaker"] = ["", "", "", *(f"recordist {number}" for number in range(3, len(noise)))]

    assert failed(run(pd.concat([manifest(), noise]), tmp_path)) == {}


def test_a_speaker_in_two_splits_stops_the_flow_where_speakers_were_to_be_apart(tmp_path):
    frame = manifest()
    frame.loc[0, "split"] = "train"

    apart, shared = run(frame, tmp_path / "1"), run(frame, tmp_path / "2", speakers_apart=False)

    check = failed(apart)["expect_speakers_to_be_in_one_split"]
    assert (check.severity, check.unexpected_count, check.element_count) == ("critical", 1, SPEAKERS)
    assert check.examples == ({"name": "00", "value": "1 in train, 1 in validation"},)
    assert "(00: 1 in train, 1 in validation)" in apart.message()
    assert failed(shared)["expect_speakers_to_be_in_one_split"].severity == "warning"
    assert shared.success


def test_the_same_bytes_in_many_clips_of_two_splits_stop_the_flow(tmp_path):
    frame = manifest()
    frame.loc[[0, 10], ["clip_digest", "file_digest"]] = "the same"

    message = run(frame, tmp_path, max_shared_fraction=0.01).message()

    assert "At most 1 % of the clips must stand in two splits" in message
    assert message.endswith("(--set validation.splits.max_shared_fraction=...)")


def test_what_two_splits_share_is_reported_of_duplicates_recordings_and_near_duplicates(tmp_path):
    frame = manifest()
    frame.loc[[0, 10], ["clip_digest", "file_digest"]] = "the same"
    frame.loc[[1, 11], "file_digest"] = "one recording"
    frame.loc[1, "speaker"] = ""
    frame.loc[[2, 49, 98], "near_duplicate_group"] = "no/02.wav"
    frame.loc[[3, 53], "near_duplicate_group"] = "no/03.wav"

    outcome = run(frame, tmp_path)

    assert outcome.success
    found = {check.expectation.partition("(")[2]: check for check in outcome.checks if check.failing_paths}
    assert {columns: check.failing_paths for columns, check in found.items()} == {
        "clip_digest, split)": ("no/00.wav", "no/10.wav"),
        "file_digest, split)": ("no/00.wav", "no/10.wav", "no/01.wav", "no/11.wav"),
        "near_duplicate_group, split)": ("no/02.wav", "no/49.wav", "yes/48.wav"),
    }
    assert found["near_duplicate_group, split)"].element_count == 5


def test_splits_of_another_size_are_reported_with_their_share(tmp_path):
    frame = manifest()
    frame.loc[(frame["split"] == "test") & (frame["label"] == "yes"), "split"] = "train"

    check = failed(run(frame, tmp_path, max_proportion_deviation=0.04))["expect_splits_to_have_proportions"]

    assert check.examples == ({"name": "test", "value": 0.05}, {"name": "train", "value": 0.85})
    assert check.element_count == 3


def test_a_split_may_be_as_far_from_its_fraction_as_the_threshold_says(tmp_path):
    fractions = {"train": 0.75, "validation": 0.15, "test": 0.1}

    assert failed(run(manifest(), tmp_path, fractions=fractions)) == {}


def test_proportions_that_the_source_decides_are_right(tmp_path):
    outcome = run(manifest().assign(split="train"), tmp_path, fractions=None)

    assert set(failed(outcome)) == {"expect_labels_to_be_in_splits"}


def test_a_label_without_test_clips_is_reported_and_one_without_training_clips_stops_the_flow(tmp_path):
    frame = manifest()
    up = frame.loc[frame["split"] == "test"].assign(label="up")
    up["path"] = "up/" + up["path"]
    up["speaker"] = up["clip_digest"] = up["file_digest"] = up["path"]

    without_training = run(pd.concat([frame, up]), tmp_path / "1")
    without_test = run(pd.concat([frame, up.assign(split="train")]), tmp_path / "2")

    assert "Every label must have clips to train on." in without_training.message()
    assert "(up: no clip in train)" in without_training.message()
    check = failed(without_test)["expect_labels_to_be_in_splits"]
    assert check.examples == ({"label": "up", "value": "no clip in validation or test"},)
    assert check.severity == "warning"


def test_the_data_docs_name_what_was_found(tmp_path):
    frame = manifest()
    frame["split"] = np.random.default_rng(0).permutation(frame["split"])

    run(frame, tmp_path, speakers_apart=False)

    (page,) = (tmp_path / "docs" / "validations").rglob("*.html")
    text = page.read_text()
    assert "A speaker should not be in two splits" in text
    assert f"of {SPEAKERS} speakers: " in text
    assert "all 2 labels as expected" in text


def test_real_clips_pass_when_speakers_are_apart_and_are_found_out_when_dealt_at_random(
    speech_folder, tmp_path
):
    paths = sorted(speech_folder.glob("*/*.wav"))
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    frame = pd.DataFrame(
        {
            "path": [path.relative_to(speech_folder).as_posix() for path in paths],
            "label": [path.parent.name for path in paths],
            "speaker": [path.name.split("_nohash_")[0] for path in paths],
            "clip_digest": digests,
            "file_digest": digests,
            "near_duplicate_group": "",
        }
    )
    apart = frame.assign(split=[split_of_speaker(speaker, 0.1, 0.1) for speaker in frame["speaker"]])
    random = frame.assign(split=np.random.default_rng(0).choice(list(FRACTIONS), len(frame)))

    assert run(apart, tmp_path / "1").success
    assert not run(random, tmp_path / "2").success
