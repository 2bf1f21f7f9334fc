"""The page of failing clips, as a browser would read it, with the sound of real clips."""

import base64
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from expectations.checkpoint import run_checkpoint
from expectations.failing_clips import write_failing_clips
from expectations.outcome import Check, Outcome
from expectations.splits import splits_suite

QUIET = Check(
    expectation="expect_column_values_to_be_between(rms)",
    severity="warning",
    success=False,
    description="A clip should not be silent & still.",
    unexpected_count=2,
    element_count=8,
    examples=({"path": "yes/a.wav", "value": 0.000123456}, {"path": "no/b.wav", "value": None}),
    failing_paths=("yes/a.wav", "no/b.wav"),
)
LABELS = {"yes/a.wav": "yes", "no/b.wav": "no"}


def page_of(*checks: Check, folder: Path, audio_of=lambda _path: b"RIFF") -> str:
    outcome = Outcome("validate", success=True, checks=checks)
    return write_failing_clips(outcome, folder, LABELS, audio_of).read_text(encoding="utf-8")


def rows_of(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    return [re.findall(r"<td.*?>(.*?)</td>", row) for row in rows if "<td" in row]


def sounds_of(page: str) -> list[bytes]:
    uris = json.loads(re.search(r"const sounds = (\[.*?\]);", page)[1])
    return [base64.b64decode(uri.removeprefix("data:audio/wav;base64,")) for uri in uris]


def clips(count: int) -> tuple[dict[str, object], ...]:
    return tuple({"path": f"yes/{number}.wav", "value": 0.0} for number in range(count))


def test_each_clip_stands_with_label_value_severity_and_sound(tmp_path):
    page = page_of(QUIET, folder=tmp_path)

    first, second = rows_of(page)
    assert first == ["yes/a.wav", "yes", "0.0001235", first[3]]
    assert second == ["no/b.wav", "no", "missing", second[3]]
    assert [re.search(r'data-clip="(\d)"', row[3])[1] for row in (first, second)] == ["0", "1"]
    assert "A clip should not be silent &amp; still." in page
    assert "warning</span> 2 of 8" in page
    assert "--set" not in page


def test_the_setting_is_named_where_there_is_one(tmp_path):
    page = page_of(replace(QUIET, setting="validation.min_rms"), folder=tmp_path)

    assert "<code>--set validation.min_rms=...</code>" in page


def test_real_clips_can_be_played(speech_folder, tmp_path):
    path = next(speech_folder.glob("yes/*.wav")).relative_to(speech_folder).as_posix()
    check = replace(QUIET, unexpected_count=1, examples=({"path": path, "value": 0.1},))

    page = page_of(check, folder=tmp_path, audio_of=lambda name: (speech_folder / name).read_bytes())

    assert sounds_of(page) == [(speech_folder / path).read_bytes()]


def test_what_stops_the_flow_comes_first_and_what_is_tolerated_last(tmp_path):
    tolerated = replace(QUIET, success=True, severity="critical", description="tolerated one")
    critical = replace(QUIET, severity="critical", description="critical one")

    page = page_of(tolerated, QUIET, critical, folder=tmp_path)

    places = [page.index(text) for text in ("critical one", "A clip should", "tolerated one")]
    assert places == sorted(places)
    assert "tolerated</span> 2 of 8" in page


def test_a_clip_that_fails_twice_is_embedded_once(tmp_path):
    page = page_of(QUIET, QUIET, folder=tmp_path)

    assert len(sounds_of(page)) == 2
    assert len(re.findall("<audio", page)) == 4


def test_a_clip_without_sound_or_with_too_much_of_it_is_listed_silent(tmp_path):
    sounds = {"yes/a.wav": None, "no/b.wav": bytes(2**17 + 1)}

    page = page_of(QUIET, folder=tmp_path, audio_of=sounds.get)

    assert [row[3] for row in rows_of(page)] == ["", ""]
    assert sounds_of(page) == []


def test_the_page_is_bounded_and_says_how_many_more_there_are(tmp_path):
    checks = [replace(QUIET, unexpected_count=500, examples=clips(20), description=f"{n}") for n in range(3)]
    many = replace(QUIET, examples=clips(150), unexpected_count=150)

    page = page_of(*checks, many, folder=tmp_path)

    assert page.count("and 480 more") == 3
    assert len(sounds_of(page)) == 100
    assert len(re.findall("<audio", page)) == 3 * 20 + 100


def test_findings_that_are_no_clips_are_left_to_the_data_docs(tmp_path):
    labels = replace(QUIET, examples=({"label": "up", "value": 3},), failing_paths=())
    nameless = replace(QUIET, examples=({"path": "", "value": None},), failing_paths=("",))

    page = page_of(labels, nameless, folder=tmp_path)

    assert "No clip fails an expectation." in page
    assert rows_of(page) == []


@pytest.mark.parametrize("name", ["yes/<b>.wav", "yes/</script><script>alert(1)</script>.wav"])
def test_names_of_files_are_text_and_no_html(name, tmp_path):
    page = page_of(replace(QUIET, examples=({"path": name, "value": name},)), folder=tmp_path)

    assert name not in page
    assert page.count("<script>") == page.count("</script>") == 1


def test_the_index_of_the_data_docs_leads_to_it_and_back(tmp_path):
    frame = pd.DataFrame(
        {
            "path": ["a", "b", "c"],
            "label": "yes",
            "speaker": ["1", "2", "3"],
            "split": ["train", "validation", "test"],
            "clip_digest": ["same", "same", "other"],
            "file_digest": ["same", "same", "other"],
            "near_duplicate_group": "",
        }
    )
    suite = splits_suite(
        fractions=None, speakers_apart=True, max_shared_fraction=1, max_proportion_deviation=1
    )
    folder = tmp_path / "docs"

    page = write_failing_clips(run_checkpoint(suite, frame, "splits", folder), folder, {}, lambda _: b"RIFF")

    links = re.findall(r'href="([^"]+)"', (folder / "index.html").read_text())
    assert links[0] == page.name
    assert len(links) == 3
    assert all((folder / link).is_file() for link in links)
    assert 'href="index.html"' in page.read_text()
    assert not re.search("https?://", page.read_text())
