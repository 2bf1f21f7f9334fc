"""The features of clips as pictures, to stand beside their sounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.displays.clip_spectrograms import clip_spectrograms
from soundcheck.report.page import Figure

if TYPE_CHECKING:
    from soundcheck.config import Config
    from soundcheck.evaluation.confusions import JudgedClip
    from tasks.results import Results


def spectrograms_of(clips: Iterable[JudgedClip], results: Results, config: Config) -> dict[str, Figure]:
    """By the path of each clip its picture, drawn once however often the clip comes."""
    import pandas as pd

    from soundcheck.features.reading import batches

    digests = {clip.path: clip.clip_digest for clip in clips}
    if not digests:
        return {}
    rows = pd.DataFrame({"path": list(digests), "clip_digest": list(digests.values())})
    features = np.concatenate([*batches(rows, results.read_index(), results.store.parts, len(rows))])
    pictures = clip_spectrograms(features, config.features, config.data.sample_rate_hz)
    return {
        path: Figure(picture, "", f"Features of {path} over time and frequency.")
        for path, picture in zip(digests, pictures, strict=True)
    }
