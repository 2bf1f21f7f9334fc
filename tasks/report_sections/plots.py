"""Plots: the pictures that were drawn already, so that none is drawn twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from soundcheck.report.page import Figure

PLOTS = "plots"  # the folder of them among a run's artifacts


@dataclass(frozen=True)
class Plots:
    """Folders of PNG files; where several have one of a name, the first counts."""

    folders: tuple[Path, ...]

    def figure(self, name: str, caption: str, alternative: str) -> tuple[Figure, ...]:
        """A plot with what there is to see in it; none where there was nothing to draw."""
        files = (folder / f"{name}.png" for folder in self.folders)
        found = next((file for file in files if file.is_file()), None)
        return (Figure(found.read_bytes(), caption, alternative),) if found else ()


def per_cent(share: float) -> str:
    """`92.1 %`."""
    return f"{100 * share:.1f} %"
