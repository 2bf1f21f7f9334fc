"""The page of failing clips: by expectation, each with its label, its value and its sound."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from expectations.offline_pages import FAILING_CLIPS_FILE, write_index
from expectations.outcome import Check, Outcome, value_in_words
from expectations.sound_page import AudioOf, ClipTable, sound_page

LINK = '<p><a href="index.html">Data Docs</a></p>'
NONE_FAILS = "<p>No clip fails an expectation.</p>"


def write_failing_clips(outcome: Outcome, folder: Path, labels: Mapping[str, str], audio_of: AudioOf) -> Path:
    """Writes `failing_clips.html` beside the Data Docs and links it from their index.

    An expectation shows the examples that its check kept and says how many more there are.

    Args:
        outcome: what the checkpoints found.
        folder: with the Data Docs.
        labels: of the clips, by path.
        audio_of: see `sound_page`.

    Returns:
        The page.
    """
    checks = [check for check in outcome.checks if _clips(check)]
    # Those that stop the flow first, what is tolerated last.
    checks.sort(key=lambda check: (check.success, check.severity != "critical"))
    before = LINK if checks else LINK + NONE_FAILS
    page = folder / FAILING_CLIPS_FILE
    tables = [_table(check, labels) for check in checks]
    page.write_text(sound_page("Failing clips", before, tables, audio_of), encoding="utf-8")
    write_index(folder)
    return page


def _clips(check: Check) -> list[dict[str, Any]]:
    return [example for example in check.examples if example.get("path")]


def _table(check: Check, labels: Mapping[str, str]) -> ClipTable:
    clips = _clips(check)
    severity = "tolerated" if check.success else check.severity
    way_out = f"; <code>{escape(check.way_out())}</code>" if check.setting else ""
    return ClipTable(
        heading=check.description,
        note=f'<span class="badge {severity}">{severity}</span> {check.unexpected_count} of '
        f"{check.element_count}, by <code>{escape(check.expectation)}</code>{way_out}",
        columns=["Label", "Value"],
        rows=[
            (clip["path"], [labels.get(clip["path"], ""), value_in_words(clip["value"])]) for clip in clips
        ],
        more=check.unexpected_count - len(clips),
    )
