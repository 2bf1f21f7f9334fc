"""Pictures of explained mistakes for a page that shows a dozen of them beside their sounds."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from soundcheck.displays.saliency import HEIGHT_INCHES, SaliencyDisplay
from soundcheck.displays.style import new_figure
from soundcheck.features.spectrogram import band_centres_hz

if TYPE_CHECKING:
    from soundcheck.config import FeaturesConfig
    from soundcheck.evaluation.error_analysis import Explained

DOTS_PER_INCH = 110
MARGINS = {"left": 0.08, "right": 0.96, "bottom": 0.03, "top": 0.87, "wspace": 0.08}
"""Given, because to find them takes matplotlib as long as to draw the picture."""


def explained_clips(explained: Explained, features: FeaturesConfig, sample_rate_hz: int) -> Iterator[bytes]:
    """A PNG file of each mistake: its features, and what in them spoke for the wrong word.

    Args:
        explained: The mistakes.
        features: What the features are.
        sample_rate_hz: Of the clips.
    """
    centres_hz = band_centres_hz(features, sample_rate_hz)
    seen, attributions = explained.features, explained.saliency.attributions
    for clip, values, speaking in zip(explained.clips, seen, attributions, strict=True):
        figure = new_figure(HEIGHT_INCHES)
        figure.set_layout_engine(None)
        figure.subplots_adjust(**MARGINS)
        SaliencyDisplay(
            features=values,
            attributions=speaking,
            label=clip.label,
            explained=clip.predicted,
            frame_step_ms=features.frame_step_ms,
            frame_length_ms=features.frame_length_ms,
            band_centres_hz=centres_hz,
            kind=features.kind,
            against=clip.label,
        ).plot(list(figure.subplots(1, 2, sharey=True)))
        with BytesIO() as file:
            figure.savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
            yield file.getvalue()
