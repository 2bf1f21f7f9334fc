"""Checkpoints over manifests made by hand: what is found, and what is written where."""

import json
import threading
from pathlib import Path

import pandas as pd
import pytest
from clip_manifests import LIMITS, manifest, with_unreadable, with_values

from expectations.checkpoint import run_checkpoint
from expectations.clips import clips_suite
from expectations.configurations import must, should
from expectations.great_expectations_import import import_great_expectations
from expectations.outcome import Outcome


def run(frame: pd.DataFrame, folder: Path) -> Outcome:
    return run_checkpoint(clips_suite(LIMITS, 16000), frame, "clips", folder / "docs")


def two_checks():
    """A suite that is quick to run."""
    return import_great_expectations().ExpectationSuite(
        name="two",
        expectations=[
            must("expect_table_row_count_to_be_between", "There must be at least one clip.", min_value=1),
            should(
                "expect_column_values_to_be_between",
                "A clip should not be silent.",
                setting="validation.min_rms",
                column="rms",
                min_value=0.0003,
            ),
        ],
    )


def run_two(frame: pd.DataFrame, folder: Path) -> Outcome:
    return run_checkpoint(two_checks(), frame, "two", folder / "docs")


def poor() -> pd.DataFrame:
    """Eight unreadable clips, two silent ones, two pairs of the same, and a word with four clips."""
    frame = pd.concat([with_unreadable(8), manifest(("up",), 4)], ignore_index=True)
    frame.loc[[10, 11], "rms"] = 0.0
    frame.loc[[12, 13, 14, 15], "clip_digest"] = ["a", "b", "b", "a"]
    return frame


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("poor")


@pytest.fixture(scope="module")
def outcome(site) -> Outcome:
    return run(poor(), site)


def test_the_message_names_the_expectation_the_count_five_examples_and_the_setting(outcome):
    message = outcome.message()

    assert message.startswith("clips: 2 critical expectations failed")
    assert "expect_clips_to_be_readable(reason, decodable)" in message
    assert "8 of 44" in message
    assert "no/000.wav: not a WAV file" in message
    assert "no/004.wav" in message
    assert "no/005.wav" not in message
    assert "and 3 more) (--set validation.max_bad_fraction=...)" in message


def test_the_message_names_labels_with_too_few_clips(outcome):
    assert "at least 5 readable clips. Unexpected: 1 of 3 (up: 4)" in outcome.message()


def test_the_message_tells_an_empty_table_and_names_no_setting_where_there_is_none(tmp_path):
    message = run_two(manifest().iloc[:0], tmp_path).message()

    assert message.endswith("There must be at least one clip. Unexpected: 1 of 1 (found: 0)")


def test_examples_stop_at_two_hundred_but_all_failing_paths_are_kept(tmp_path):
    copies = [manifest().assign(copy=str(number)) for number in range(10)]
    frame = pd.concat(copies, ignore_index=True).assign(rms=0.0)
    frame["path"] = frame["copy"] + frame["path"]

    (check,) = run_two(frame, tmp_path).failures("warning")

    assert len(check.examples) == 200
    assert check.failing_paths == tuple(frame["path"])


def test_duplicates_stand_side_by_side(outcome):
    (check,) = (each for each in outcome.checks if "unique(clip_digest)" in each.expectation)

    assert check.failing_paths == ("no/012.wav", "no/015.wav", "no/013.wav", "no/014.wav")


def test_the_outcome_survives_json_and_is_the_same_for_the_same_data(outcome, tmp_path):
    again = run(poor().sample(frac=1).sort_values("path"), tmp_path)

    assert again == outcome
    assert Outcome.from_dict(json.loads(json.dumps(outcome.to_dict(), allow_nan=False))) == outcome


def test_a_missing_value_survives_json(tmp_path):
    outcome = run_two(with_values("path", None).assign(rms=0.0), tmp_path)

    assert Outcome.from_dict(json.loads(json.dumps(outcome.to_dict(), allow_nan=False))) == outcome


def test_checks_come_in_the_order_of_the_suite(outcome):
    suite = clips_suite(LIMITS, 16000)

    assert [check.description for check in outcome.checks] == [
        each.description for each in suite.expectations
    ]


def test_one_suite_serves_two_checkpoints(tmp_path):
    suite = two_checks()

    outcomes = [run_checkpoint(suite, manifest(), "two", tmp_path / name) for name in ("1", "2")]

    assert outcomes[0] == outcomes[1]


def test_it_runs_off_the_main_thread(tmp_path):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(run_two(manifest(), tmp_path)))
    thread.start()
    thread.join()

    assert outcomes[0].success


def test_a_missing_column_is_an_error_and_no_finding(tmp_path):
    with pytest.raises(RuntimeError, match=r"rms.*could not be evaluated"):
        run_two(manifest().drop(columns="rms"), tmp_path)


def test_the_data_docs_show_what_failed_and_need_no_network(outcome, site):
    pages = {page.relative_to(site).parts[1]: page.read_text() for page in site.rglob("*.html")}
    assert {"index.html", "validations", "expectations"} == set(pages)
    assert not outcome.success
    assert "no/010.wav" in pages["validations"]
    assert "no/011.wav" in pages["validations"]
    assert "A clip should not be silent" in pages["validations"]
    assert "No recording should stand under two labels" in pages["expectations"]
    for page in pages.values():
        assert "https://" not in page
        assert "http://" not in page


def test_the_index_leads_to_the_pages(outcome, site):
    index = (site / "docs" / "index.html").read_text()
    links = [part.split('"')[0] for part in index.split('href="')[1:]]
    assert outcome.checks
    assert len(links) == 2
    assert all((site / "docs" / link).is_file() for link in links)


def test_nothing_is_written_elsewhere_and_nothing_said(tmp_path, monkeypatch, capfd):
    (tmp_path / "work").mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    run_two(with_values("rms", 0.0), tmp_path / "site")

    written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"site"}
    assert capfd.readouterr() == ("", "")
