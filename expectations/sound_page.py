"""Pages of clips that can be played: tables in the style of the Data Docs, in one file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest

from expectations.offline_pages import page_of

CLIPS_WITH_SOUND = 100
LARGEST_SOUND_BYTES = 2**17
"""Four seconds of 16-bit samples at 16 kHz: a page stays below 18 MB, with clips of one second 5 MB."""

SCRIPT = """
for (const player of document.querySelectorAll("audio")) player.src = sounds[player.dataset.clip];
"""

AudioOf = Callable[[str], bytes | None]


@dataclass(frozen=True)
class ClipTable:
    """A table of clips.

    Attributes:
        heading: what they have in common, as text.
        note: what else there is to say of them, as HTML.
        columns: what the cells after the clip's name are.
        rows: of each clip its path and its cells, as text.
        more: how many further clips belong here.
    """

    heading: str
    note: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    more: int = 0


def sound_page(title: str, before: str, tables: Sequence[ClipTable], audio_of: AudioOf) -> str:
    """An HTML page of tables whose clips can be played: a hundred of them, the first of each table.

    Args:
        title: of the page, as text.
        before: what stands above the tables, as HTML.
        tables: in their order.
        audio_of: gives a clip, by path, as the bytes of a WAV file, or None where it has no sound to play;
            sounds of more than 128 KiB are left out.
    """
    by_rank = zip_longest(*([path for path, _ in table.rows] for table in tables))
    paths = dict.fromkeys(path for rank in by_rank for path in rank if path is not None)
    sounds = _sounds(list(paths)[:CLIPS_WITH_SOUND], audio_of)
    places = {path: place for place, path in enumerate(sounds)}
    script = f"<script>const sounds = [{', '.join(map(_data_uri, sounds.values()))}];{SCRIPT}</script>"
    sections = [_section(table, places) for table in tables]
    return page_of(title, "\n".join([f"<h4>{escape(title)}</h4>", before, *sections, script]))


def _sounds(paths: Sequence[str], audio_of: AudioOf) -> dict[str, bytes]:
    sounds = {path: audio_of(path) for path in paths}
    return {path: sound for path, sound in sounds.items() if sound and len(sound) <= LARGEST_SOUND_BYTES}


def _data_uri(sound: bytes) -> str:
    return f'"data:audio/wav;base64,{b64encode(sound).decode()}"'


def _section(table: ClipTable, places: Mapping[str, int]) -> str:
    columns = ["Clip", *table.columns, "Sound"]
    rows = [_row(path, cells, places.get(path)) for path, cells in table.rows]
    if table.more:
        rows.append(f'<tr><td colspan="{len(columns)}">and {table.more} more</td></tr>')
    return "\n".join(
        [
            f"<h5>{escape(table.heading)}</h5>",
            f"<p>{table.note}</p>",
            '<table class="failing">',
            f"<thead><tr>{''.join(f'<th>{escape(column)}</th>' for column in columns)}</tr></thead>",
            "<tbody>",
            *rows,
            "</tbody></table>",
        ]
    )


def _row(path: str, cells: Sequence[str], place: int | None) -> str:
    player = "" if place is None else f'<audio controls preload="metadata" data-clip="{place}"></audio>'
    texts = [*map(escape, [path, *cells]), player]
    return f"<tr>{''.join(f'<td>{text}</td>' for text in texts)}</tr>"
