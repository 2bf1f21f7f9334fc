"""Snippets: a clip described by how well short pieces of other clips match it.

Patches of the data themselves are the only layer of a network that learns nothing but its last weights, as in
Coates, Ng and Lee, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning" (AISTATS 2011),
where whitened patches drawn at random did almost as well as learned ones. Two things suit them to words: the
loud part of a clip is moved to its middle first, and of each region the best match counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from soundcheck.features.spectrogram import LOG_FLOOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

REGIONS = 3
"""Beginning, middle and end; four did as well, six worse."""

SNIPPET_MS = 80.0
STEP_MS = 30.0
"""How far apart the places are at which a snippet is tried; 20 ms gained nothing."""

FINEST_MS = 10.0
MOST_BANDS = 64
_PATCHES_PER_CLIP = 10


def level_step_ms(config: FeaturesConfig) -> float:
    """Time from one frame of `centred_levels` to the next, in ms."""
    return config.frame_step_ms * _frames_merged(config)


def centred_levels(features: NDArray[np.float32], config: FeaturesConfig) -> NDArray[np.float32]:
    """Logarithms of magnitudes with the centre of a clip's loudness in the middle of its frames.

    Finer frames than 10 ms and more bins than 64 are merged, neighbours with each other: they would cost
    time and tell no more. What is moved in from beyond an edge repeats the frame at the edge.

    Args:
        features: (clips, frames, bins) as `soundcheck.features.spectrogram.compute` gives them.
        config: their kind and step.

    Returns:
        (clips, merged frames, bands) float32.
    """
    magnitudes = features if config.kind == "stft" else np.exp(features)
    magnitudes = _merged(magnitudes, axis=2, size=-(-features.shape[2] // MOST_BANDS))
    magnitudes = _merged(magnitudes, axis=1, size=_frames_merged(config)) + np.float32(LOG_FLOOR)
    frames = magnitudes.shape[1]
    loudness = magnitudes.mean(axis=2)
    centres = loudness @ np.arange(frames, dtype=np.float32) / loudness.sum(axis=1)
    shifts = np.round(centres - (frames - 1) / 2).astype(np.int64)
    moved = np.clip(np.arange(frames) + shifts[:, np.newaxis], 0, frames - 1)
    return np.take_along_axis(np.log(magnitudes), moved[:, :, np.newaxis], axis=1)


def snippet_filters(
    sample: Iterable[NDArray[np.float32]], step_ms: float, count: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Matched filters for snippets that are drawn at random from some clips; no label is seen.

    For a snippet s the filter is (C + vI)^-1 (s - m), where m and C are the mean and the covariance of all
    patches and v is their mean variance: what all speech has in common counts little, as in Fisher's
    discriminant. Each is scaled so that its answers vary about as much as those of the others.

    Args:
        sample: batches (clips, frames, bands), at least one, see `centred_levels`.
        step_ms: time from one frame to the next.
        count: how many filters.
        generator: draws the snippets.

    Returns:
        (snippet frames * bands, count) float32.
    """
    patches = np.concatenate([_patches(levels, step_ms, generator) for levels in sample]).astype(np.float64)
    patches -= patches.mean(axis=0)
    covariance = patches.T @ patches / len(patches)
    covariance[np.diag_indices_from(covariance)] += covariance.trace() / len(covariance) + LOG_FLOOR
    snippets = patches[generator.integers(len(patches), size=count)].T
    filters = np.linalg.solve(covariance, snippets)
    strengths = np.sqrt((filters * snippets).sum(axis=0))
    return (filters / np.maximum(strengths, LOG_FLOOR)).astype(np.float32)


def best_matches(
    levels: NDArray[np.float32], step_ms: float, filters: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How well each snippet matches the best place of each region.

    Args:
        levels: (clips, frames, bands), see `centred_levels`.
        step_ms: time from one frame to the next.
        filters: see `snippet_filters`.

    Returns:
        (clips, REGIONS * snippets) float32; where there are fewer places than regions, some share a place.
    """
    windows = _windows(levels, len(filters) // levels.shape[2], max(1, round(STEP_MS / step_ms)))
    clips, places, size = windows.shape
    answers = (windows.reshape(clips * places, size) @ filters).reshape(clips, places, -1)
    starts = np.arange(REGIONS) * places // REGIONS
    return np.maximum.reduceat(answers, starts, axis=1).reshape(clips, -1)


def _patches(
    levels: NDArray[np.float32], step_ms: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """A few snippets of each clip: (patches, snippet frames * bands)."""
    length = min(levels.shape[1], max(1, round(SNIPPET_MS / step_ms)))
    windows = _windows(levels, length, step=1)
    clips = np.repeat(np.arange(len(levels)), _PATCHES_PER_CLIP)
    return windows[clips, generator.integers(windows.shape[1], size=len(clips))]


def _frames_merged(config: FeaturesConfig) -> int:
    return max(1, round(FINEST_MS / config.frame_step_ms))


def _windows(levels: NDArray[np.float32], length: int, step: int) -> NDArray[np.float32]:
    """A view (clips, places, length * bands) of the stretches of `length` frames, each `step` frames on."""
    clips, frames, bands = levels.shape
    flat = levels.reshape(clips, frames * bands)
    return sliding_window_view(flat, length * bands, axis=1)[:, :: step * bands]


def _merged(values: NDArray[np.float32], axis: int, size: int) -> NDArray[np.float32]:
    """Means of `size` neighbours along an axis; the last may be of fewer."""
    if size == 1:
        return values
    starts = np.arange(0, values.shape[axis], size)
    counts = np.diff(starts, append=values.shape[axis]).astype(np.float32)
    shape = [1, 1, 1]
    shape[axis] = len(counts)
    return np.add.reduceat(values, starts, axis=axis) / counts.reshape(shape)
