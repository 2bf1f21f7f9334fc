"""Clips to listen to, as far as their files are still those of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soundcheck.errors import ClipChangedError
from soundcheck.report.page import ClipCard

if TYPE_CHECKING:
    from soundcheck.report.page import Figure

_CHANGED = "its file changed since the run, or is gone"


@dataclass(frozen=True)
class Sounds:
    """The sounds of a run's clips, read by `soundcheck.data.waveforms.sounds_of`."""

    sound_of: Callable[[str], bytes | None]

    def card(
        self, path: str, label: str, predicted: str, remark: str, figure: Figure | None = None
    ) -> ClipCard:
        """A card with the clip's sound; where its file is not that of the run, it says so instead."""
        try:
            sound = self.sound_of(path)
        except ClipChangedError:
            sound, remark = None, f"{remark}; {_CHANGED}"
        return ClipCard(path, label, predicted, remark, sound, figure)
