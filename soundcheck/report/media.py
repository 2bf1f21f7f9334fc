"""Pictures and sounds as data URIs: as many as the page has room for."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from soundcheck.report.page import Report

PNG_BEGINS = b"\x89PNG"
SHRUNK_WIDTH_PIXELS = 600
SHRUNK_COLOURS = 64


@dataclass(frozen=True)
class Media:
    """What is embedded in a page.

    Attributes:
        images: Of each picture its data URI, by the bytes of its file; one that is left out is missing.
        sounds: The same of the sounds.
        notes: What had to be left out or made smaller, a sentence each.
    """

    images: Mapping[bytes, str]
    sounds: Mapping[bytes, str]
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def placeholders(cls, report: Report) -> Self:
        """Everything in its place, but empty: what is left is the size of the page's text."""
        images = {figure.image: "" for figure in report.figures()}
        return cls(images, dict.fromkeys(report.sounds(), ""))


def embedded(report: Report, room_bytes: int) -> Media:
    """The pictures and sounds of a report that fit.

    Where not all do, the least important clips lose their sound first: those that are folded away, then
    those further down. Where the pictures alone do not fit, they are made smaller, then left out likewise.

    Args:
        report: The page.
        room_bytes: For all data URIs together.
    """
    images, sounds = Counter(figure.image for figure in report.figures()), Counter(report.sounds())
    notes: list[str] = []
    shown = {image: _image_uri(image) for image in images}
    if _size(shown, images) > room_bytes:
        notes.append("The pictures were made smaller, to keep this page small.")
        shown = _first_that_fit(images, lambda image: _image_uri(_shrunk(image)), room_bytes)
    played = _first_that_fit(sounds, _sound_uri, room_bytes - _size(shown, images))
    if len(shown) < len(images):
        notes.append(f"{len(images) - len(shown)} of {len(images)} pictures were left out.")
    if len(played) < len(sounds):
        lost = f"{len(sounds) - len(played)} of {len(sounds)} clips"
        notes.append(f"{lost} have no sound here, to keep this page small.")
    return Media(shown, played, tuple(notes))


def _size(uris: Mapping[bytes, str], counts: Mapping[bytes, int]) -> int:
    return sum(len(uri) * counts[content] for content, uri in uris.items())


def _first_that_fit(
    counts: Mapping[bytes, int], uri_of: Callable[[bytes], str], room_bytes: int
) -> dict[bytes, str]:
    """Data URIs of the first contents, each of which stands in the page so many times."""
    kept: dict[bytes, str] = {}
    for content, count in counts.items():
        uri = uri_of(content)
        room_bytes -= len(uri) * count
        if room_bytes < 0:
            break
        kept[content] = uri
    return kept


def _image_uri(image: bytes) -> str:
    kind = "png" if image.startswith(PNG_BEGINS) else "svg+xml"
    return f"data:image/{kind};base64,{b64encode(image).decode()}"


def _sound_uri(sound: bytes) -> str:
    return f"data:audio/wav;base64,{b64encode(sound).decode()}"


def _shrunk(image: bytes) -> bytes:
    """A PNG of at most half the usual width and few colours; an SVG as it is."""
    from PIL import Image

    if not image.startswith(PNG_BEGINS):
        return image
    with Image.open(BytesIO(image)) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((SHRUNK_WIDTH_PIXELS, picture.height))
    with BytesIO() as file:
        picture.quantize(SHRUNK_COLOURS).save(file, format="png", optimize=True)
        return min(image, file.getvalue(), key=len)
