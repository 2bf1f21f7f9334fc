"""Rendering: a report as one HTML file that needs nothing else, neither files nor a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.report.media import Media, embedded

if TYPE_CHECKING:
    from soundcheck.report.page import Block, Report

LARGEST_PAGE_BYTES = 10_000_000
TEMPLATE = "report.html.jinja"
NOTES_BYTES = 1000
"""Room for the sentences that say what was left out."""


def render(report: Report, largest_bytes: int = LARGEST_PAGE_BYTES) -> str:
    """The page as HTML, in UTF-8 at most `largest_bytes` long.

    Where it would be longer, clips lose their sound first, then the pictures shrink, then some are left out,
    what is folded away or far down before the rest; the page says so. Text is never left out but for the
    later rows of tables.

    Args:
        report: What the page says.
        largest_bytes: Of the whole page.
    """
    text = _rendered(report, Media.placeholders(report))
    media = embedded(report, largest_bytes - len(text.encode()) - NOTES_BYTES)
    return _rendered(report, media)


def _rendered(report: Report, media: Media) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["kind"] = _kind
    page = templates.get_template(TEMPLATE).render(report=report, media=media)
    # A file's name may hold bytes that are no text; UTF-8 has no place for what Python makes of them.
    return page.encode("utf-8", "replace").decode()


def _kind(block: Block) -> str:
    return type(block).__name__
