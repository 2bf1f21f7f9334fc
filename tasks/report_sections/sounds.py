"""Clips to listen to, as far as their files are still those of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from soundcheck.errors import ClipChangedError
from soundcheck.report.page import ClipCard

if TYPE_CHECKING:
    from soundcheck.report.page import Figure
    from tasks.results import Results

_CHANGED = "its file changed since the run, or is gone"


@dataclass(frozen=True)
class Sounds:
    """The sounds of a run's clips.

    Attributes:
        sound_of: Reads one, see `soundcheck.data.waveforms.sounds_of`.
        lost: The paths of those that were asked for in vain, as their files changed or are gone.
    """

    sound_of: Callable[[str], bytes | None]
    lost: set[str] = field(default_factory=set[str])

    @classmethod
    def of(cls, results: Results) -> Self:
        """The sounds of all clips of some results."""
        from soundcheck.data.waveforms import sounds_of

        return cls(sounds_of(results.source, results.read_manifest()))

    def card(
        self, path: str, label: str, predicted: str, remark: str, figure: Figure | None = None
    ) -> ClipCard:
        """A card with the clip's sound; where its file is not that of the run, it says so instead."""
        try:
            sound = self.sound_of(path)
        except ClipChangedError:
            sound, remark = None, f"{remark}; {_CHANGED}"
            self.lost.add(path)
        return ClipCard(path, label, predicted, remark, sound, figure)
