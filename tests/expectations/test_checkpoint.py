"""Checkpoints over manifests made by hand: what is found, and what is written where."""

import json
import threading
from pathlib import Path

import pandas as pd
import pytest
from clip_manifests import LIMITS, manifest, with_unreadable, with_values

from expectations.checkpoint import run_checkpoint
from expectations.clips import clips_suite
from expectations.outcome import Outcome


def run(frame: pd.DataFrame, folder: Path) -> Outcome:
    return run_checkpoint(clips_suite(LIMITS, 16000), frame, "clips", folder / "docs")


def test_the_message_names_the_expectation_the_count_and_five_examples(tmp_path):
    message = run(with_unreadable(8), tmp_path).message()

    assert message.startswith("clips: 1 critical expectation failed")
    assert "expect_clips_to_be_readable(reason, decodable)" in message
    assert "8 of 40" in message
    assert "no/000.wav: not a WAV file" in message
    assert "no/004.wav" in message
    assert "no/005.wav" not in message
    assert "and 3 more" in message


def test_the_message_names_labels_with_too_few_clips(tmp_path):
    message = run(pd.concat([manifest(), manifest(("up",), 4)]), tmp_path).message()

    assert "at least 5 readable clips. Unexpected: 1 of 3 (up: 4)" in message


def test_the_message_tells_an_empty_table(tmp_path):
    assert (
        "There must be at least one clip. Unexpected: 1 of 1 (found: 0)"
        in run(manifest().iloc[:0], tmp_path).message()
    )


def test_examples_stop_at_two_hundred_but_all_failing_paths_are_kept(tmp_path):
    copies = [manifest().assign(copy=str(number)) for number in range(10)]
    frame = pd.concat(copies, ignore_index=True).assign(rms=0.0)
    for column in ("path", "clip_digest"):
        frame[column] = frame["copy"] + frame[column]

    (check,) = run(frame, tmp_path).failures("warning")

    assert len(check.examples) == 200
    assert check.failing_paths == tuple(frame["path"])


def test_duplicates_stand_side_by_side(tmp_path):
    digests = ["a", "b", "b", "a"]

    (check,) = run(with_values("clip_digest", *digests), tmp_path).failures("warning")

    assert check.failing_paths == ("no/000.wav", "no/003.wav", "no/001.wav", "no/002.wav")


def test_the_outcome_survives_json_and_is_the_same_for_the_same_data(tmp_path):
    frame = with_unreadable(4, with_values("label", *[None] * 5))
    frame.loc[10, "rms"] = 0.0

    first, second = run(frame, tmp_path / "1"), run(frame.sample(frac=1).sort_values("path"), tmp_path / "2")

    assert first == second
    assert Outcome.from_dict(json.loads(json.dumps(first.to_dict(), allow_nan=False))) == first


def test_checks_come_in_the_order_of_the_suite(tmp_path):
    suite = clips_suite(LIMITS, 16000)

    outcome = run_checkpoint(suite, manifest(), "clips", tmp_path / "docs")

    assert [check.description for check in outcome.checks] == [
        each.description for each in suite.expectations
    ]


def test_one_suite_serves_two_checkpoints(tmp_path):
    suite = clips_suite(LIMITS, 16000)

    outcomes = [run_checkpoint(suite, manifest(), "clips", tmp_path / name) for name in ("1", "2")]

    assert outcomes[0] == outcomes[1]


def test_it_runs_off_the_main_thread(tmp_path):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(run(manifest(), tmp_path)))
    thread.start()
    thread.join()

    assert outcomes[0].success


def test_a_missing_column_is_an_error_and_no_finding(tmp_path):
    with pytest.raises(RuntimeError, match=r"rms.*could not be evaluated"):
        run(manifest().drop(columns="rms"), tmp_path)


def test_the_data_docs_show_what_failed_and_need_no_network(tmp_path):
    run(with_values("rms", 0.0, 0.0001), tmp_path)

    pages = {page.relative_to(tmp_path).parts[1]: page.read_text() for page in tmp_path.rglob("*.html")}
    assert {"index.html", "validations", "expectations"} == set(pages)
    assert "no/000.wav" in pages["validations"]
    assert "no/001.wav" in pages["validations"]
    assert "A clip should not be silent" in pages["validations"]
    assert "No recording should stand under two labels" in pages["expectations"]
    for page in pages.values():
        assert "https://" not in page
        assert "http://" not in page


def test_the_index_leads_to_the_pages(tmp_path):
    run(manifest(), tmp_path)

    index = (tmp_path / "docs" / "index.html").read_text()
    links = [part.split('"')[0] for part in index.split('href="')[1:]]
    assert len(links) == 2
    assert all((tmp_path / "docs" / link).is_file() for link in links)


def test_nothing_is_written_elsewhere_and_nothing_said(tmp_path, monkeypatch, capfd):
    (tmp_path / "work").mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    run(with_values("rms", 0.0), tmp_path / "site")

    written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"site"}
    assert capfd.readouterr() == ("", "")
