"""Segments: which part of a recording is a clip, where the recording is longer than one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from soundcheck.data.manifest import SPLITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORTEST_REMAINDER = 0.5  # of a clip: less of a word than half of it would be taught as the word


@dataclass(frozen=True)
class Segment:
    """A part of a recording: its first frame and its length in frames, at the recording's own rate."""

    start: int
    frames: int


def clips_within(
    samples: NDArray[np.float32], clip_frames: int, how: Literal["centre", "windows"]
) -> list[Segment]:
    """The clips of a recording: all of it where it is no longer than a clip.

    Args:
        samples: mono, (frames,).
        clip_frames: length of a clip at the recording's rate.
        how: `centre`, the clip around the energy: of the stretch with the most of it, so long as a clip,
            the centre of gravity of the squared samples comes to the middle; `windows`, one after the
            other, the rest at the end only if it is half a clip or more.
    """
    if len(samples) <= clip_frames:
        return [Segment(0, len(samples))]
    if how == "centre":
        return [Segment(_centred_start(samples, clip_frames), clip_frames)]
    starts = range(0, len(samples), clip_frames)
    windows = [Segment(start, min(clip_frames, len(samples) - start)) for start in starts]
    return [one for one in windows if one.frames >= SHORTEST_REMAINDER * clip_frames]


def noise_clips(
    lengths: Sequence[int], clip_frames: Sequence[int], count: int, fractions: dict[str, float]
) -> list[list[tuple[Segment, str]]]:
    """Clips from recordings of noise, with a split each: a stretch of time belongs to one split only.

    A recording's beginning trains, what follows validates, its end tests; each split takes its share of
    `count`, spread evenly over its stretches. Within a split clips overlap where more are wanted than fit.

    Args:
        lengths: of the recordings, in frames.
        clip_frames: length of a clip at each recording's rate.
        count: clips wanted in all.
        fractions: of the splits.

    Returns:
        For each recording its clips and their splits.
    """
    found: list[list[tuple[Segment, str]]] = [[] for _ in lengths]
    ends = np.cumsum([0.0, *(fractions[split] for split in SPLITS)])
    for split, (begin, end) in zip(SPLITS, pairwise(ends), strict=True):
        stretches = [(round(begin * length), round(end * length)) for length in lengths]
        # Counted in clips, for the recordings may differ in their rate.
        room = [
            (last - first) / clip if last - first >= clip else 0.0
            for (first, last), clip in zip(stretches, clip_frames, strict=True)
        ]
        for number, share in enumerate(_shared_out(round(count * fractions[split]), room)):
            first, last = stretches[number]
            starts = np.linspace(first, last - clip_frames[number], share).round().astype(int)
            found[number] += [
                (Segment(int(start), clip_frames[number]), split) for start in np.unique(starts)
            ]
    return found


def _centred_start(samples: NDArray[np.float32], clip_frames: int) -> int:
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    loudest = int(np.argmax(energy[clip_frames:] - energy[:-clip_frames]))
    within = np.square(samples[loudest : loudest + clip_frames], dtype=np.float64)
    if not within.any():
        return (len(samples) - clip_frames) // 2
    centre = loudest + float(within @ np.arange(clip_frames)) / float(within.sum())
    return int(np.clip(round(centre - clip_frames / 2), 0, len(samples) - clip_frames))


def _shared_out(count: int, room: Sequence[float]) -> list[int]:
    """`count` in proportion to `room`; nothing where there is no room at all."""
    if not sum(room):
        return [0] * len(room)
    ends = np.round(count * np.cumsum([0.0, *room]) / sum(room)).astype(int)
    return np.diff(ends).tolist()
