"""The page of failing clips: by expectation, each with its label, its value and its sound."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from expectations.offline_pages import FAILING_CLIPS_FILE, page_of, write_index
from expectations.outcome import Check, Outcome, value_in_words

CLIPS_WITH_SOUND = 100
LARGEST_SOUND_BYTES = 2**17
"""Four seconds of 16-bit samples at 16 kHz: the page stays below 18 MB, with clips of one second 5 MB."""

SCRIPT = """
for (const player of document.querySelectorAll("audio")) player.src = sounds[player.dataset.clip];
"""


def write_failing_clips(
    outcome: Outcome,
    folder: Path,
    labels: Mapping[str, str],
    audio_of: Callable[[str], bytes | None],
) -> Path:
    """Writes `failing_clips.html` beside the Data Docs and links it from their index.

    The page needs no other file and no network. An expectation shows the examples that its check kept and
    says how many more there are; of all the clips, the first hundred can be played.

    Args:
        outcome: what the checkpoints found.
        folder: with the Data Docs.
        labels: of the clips, by path.
        audio_of: gives a clip, by path, as the bytes of a WAV file, or None where it has no sound to play;
            sounds of more than 128 KiB are left out.

    Returns:
        The page.
    """
    checks = [check for check in outcome.checks if _clips(check)]
    # Those that stop the flow first, what is tolerated last.
    checks.sort(key=lambda check: (check.success, check.severity != "critical"))
    paths = dict.fromkeys(example["path"] for check in checks for example in _clips(check))
    sounds = _sounds(list(paths)[:CLIPS_WITH_SOUND], audio_of)
    places = {path: place for place, path in enumerate(sounds)}
    sections = [_section(check, labels, places) for check in checks]
    body = "\n".join(
        [
            '<p><a href="index.html">Data Docs</a></p>\n<h4>Failing clips</h4>',
            *(sections or ["<p>Every clip is as expected.</p>"]),
            f"<script>const sounds = [{', '.join(map(_data_uri, sounds.values()))}];{SCRIPT}</script>",
        ]
    )
    page = folder / FAILING_CLIPS_FILE
    page.write_text(page_of("Failing clips", body), encoding="utf-8")
    write_index(folder)
    return page


def _clips(check: Check) -> list[dict[str, Any]]:
    return [example for example in check.examples if "path" in example]


def _sounds(paths: Sequence[str], audio_of: Callable[[str], bytes | None]) -> dict[str, bytes]:
    sounds = {path: audio_of(path) for path in paths}
    return {path: sound for path, sound in sounds.items() if sound and len(sound) <= LARGEST_SOUND_BYTES}


def _data_uri(sound: bytes) -> str:
    return f'"data:audio/wav;base64,{b64encode(sound).decode()}"'


def _section(check: Check, labels: Mapping[str, str], places: Mapping[str, int]) -> str:
    clips = _clips(check)
    more = check.unexpected_count - len(clips)
    rows = [_row(clip, labels.get(clip["path"], ""), places.get(clip["path"])) for clip in clips]
    if more:
        rows.append(f'<tr><td colspan="4">and {more} more</td></tr>')
    severity = "tolerated" if check.success else check.severity
    return "\n".join(
        [
            f"<h5>{escape(check.description)}</h5>",
            f'<p><span class="badge {severity}">{severity}</span> {check.unexpected_count} of '
            f"{check.element_count}, by <code>{escape(check.expectation)}</code></p>",
            '<table class="failing">',
            "<thead><tr><th>Clip</th><th>Label</th><th>Value</th><th>Sound</th></tr></thead>",
            "<tbody>",
            *rows,
            "</tbody></table>",
        ]
    )


def _row(clip: Mapping[str, Any], label: str, place: int | None) -> str:
    player = "" if place is None else f'<audio controls preload="metadata" data-clip="{place}"></audio>'
    texts = [clip["path"], label, value_in_words(clip["value"])]
    cells = [*map(escape, texts), player]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
