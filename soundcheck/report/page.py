"""The page model: what a report says, as plain values. `soundcheck.report.rendering` makes HTML of it.

Every text is plain text, never HTML: names of files and labels come from strangers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from soundcheck.debugging.findings import Finding

MOST_ROWS = 100
"""Of a table; more is for a CSV file."""

LONGEST_NAME = 40
"""Characters; what is longer is prose."""

_NUMBER = re.compile(r"([+-]?\d[\d.,]*( ?%)?)?")


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """Short sentences, one under the other."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A picture.

    Attributes:
        image: The bytes of a PNG or an SVG file, drawn on white.
        caption: What there is to see in it, written below; may be empty.
        alternative: The same for those who do not see it.
    """

    image: bytes
    caption: str
    alternative: str


@dataclass(frozen=True)
class Table:
    """A table; of more than `MOST_ROWS` rows the first are shown, and how many there are.

    Attributes:
        caption: What the rows are.
        columns: Names of the columns, with their units.
        rows: Of each row its cells.
        note: What has to be known to read it; may be empty.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows has a row of {len(row)} cells, {row[:3]}..., but columns names "
                    f"{len(self.columns)}; pass one cell for each column"
                )

    @property
    def shown(self) -> tuple[tuple[str, ...], ...]:
        """The rows that the page has room for."""
        return self.rows[:MOST_ROWS]

    @property
    def kinds(self) -> tuple[Literal["number", "prose", "name"], ...]:
        """What each column holds: numbers stand flush right, prose takes more room than names."""
        return tuple(_kind_of([row[place] for row in self.rows]) for place in range(len(self.columns)))


@dataclass(frozen=True)
class Findings:
    """What is wrong with a training, each with its evidence and the change to make; the worst first."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class ClipCard:
    """A clip to listen to.

    Attributes:
        path: Its name in the manifest.
        label: What it is labelled.
        predicted: What it is taken for.
        remark: By whom, and how surely.
        sound: The bytes of a WAV file, None where it has none.
        figure: The clip as the model sees it, or None.
    """

    path: str
    label: str
    predicted: str
    remark: str
    sound: bytes | None = None
    figure: Figure | None = None


@dataclass(frozen=True)
class Clips:
    """Clips to listen to, each beside its picture."""

    clips: tuple[ClipCard, ...]


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class Command:
    """Lines for a shell, with a button that copies them."""

    text: str


@dataclass(frozen=True)
class Link:
    """A link to a page elsewhere; followed only by who clicks on it.

    Attributes:
        text: What is written.
        address: A URL of http or https; of any other the page shows the text alone.
    """

    text: str
    address: str

    @property
    def is_safe(self) -> bool:
        """Whether the address is that of a page, and not a script."""
        return self.address.startswith(("http://", "https://"))


@dataclass(frozen=True)
class Folded:
    """What is long and seldom needed, shown on a click.

    Attributes:
        summary: What there is to unfold.
        blocks: What is in it.
    """

    summary: str
    blocks: tuple[Block, ...]


Block = Paragraph | Bullets | Figure | Table | Findings | Clips | Facts | Command | Link | Folded


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: Its heading.
        lead: What it comes to, in a sentence or two; may be empty.
        blocks: The rest.
    """

    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Headline:
    """A figure at the top of the page.

    Attributes:
        name: What it is.
        value: The figure, with its unit.
        note: Its interval, or what to compare it with; may be empty.
    """

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Report:
    """A page.

    Attributes:
        title: What it is about.
        subtitle: Of which data, when, where.
        verdict: What it comes to; the first thing to be read.
        next_step: The one thing to do next; may be empty.
        headlines: A handful of figures.
        sections: The parts, in their order.
        tone: Whether the verdict is good news.
    """

    title: str
    subtitle: str
    verdict: str
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]
    next_step: str = ""
    tone: Literal["good", "neutral", "bad"] = "neutral"

    def blocks(self) -> Iterator[Block]:
        """All blocks by their importance: in the order of the page, but what is folded after all else."""
        blocks = tuple(block for section in self.sections for block in section.blocks)
        while blocks:
            yield from blocks
            blocks = tuple(inner for block in blocks if isinstance(block, Folded) for inner in block.blocks)

    def figures(self) -> Iterator[Figure]:
        """All pictures by their importance."""
        for block in self.blocks():
            if isinstance(block, Figure):
                yield block
            elif isinstance(block, Clips):
                yield from (clip.figure for clip in block.clips if clip.figure)

    def sounds(self) -> Iterator[bytes]:
        """All sounds by their importance, each once."""
        clips = [clip for block in self.blocks() if isinstance(block, Clips) for clip in block.clips]
        yield from dict.fromkeys(clip.sound for clip in clips if clip.sound)


def _kind_of(cells: Sequence[str]) -> Literal["number", "prose", "name"]:
    if all(map(_NUMBER.fullmatch, cells)):
        return "number"
    return "prose" if max(map(len, cells)) > LONGEST_NAME else "name"
