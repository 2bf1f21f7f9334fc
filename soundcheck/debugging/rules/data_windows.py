"""Rules on windows cut from longer recordings: what becomes of those that overlap when rows are split?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.outcome import FEWEST_ROWS, Task, class_numbers, standard_error, task_of
from soundcheck.debugging.samples import arrays_of
from soundcheck.debugging.standards import LearnableRows, learnable_rows, unseen_skill

_FEWEST_HELD = 10
_FEWEST_STEPS = 8
_FEWEST_DIFFERENT = 8
_CONTINUOUS_VALUES = 64
_MAX_NUMBERS = 2**21
_FEWEST_RECORDINGS = 3
_SEED = 20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def shuffled_labels(case: Case) -> Iterator[Finding]:
    """With labels that say nothing, unseen rows must be predicted at chance; overlapping windows are not.

    Labels shuffled row by row fall to chance whatever is wrong with the data, for the shuffle also parts a
    row from its copies. What copies give away shows where they stay together: windows that share at least
    half of their steps are of one recording, and whole recordings exchange their labels. x then tells of y
    only by telling which recording a row is from, and learners on unseen rows are at chance unless they have
    seen a part of each. Chance is a skill of 0 with the standard error of as many rows as there are
    recordings, taken twice. Of rows that are copied as a whole that skill is simply the share of the copies,
    which `data_leak` counts.

    It hurts where the real labels are learnt in the same way: where the learners lose more than chance allows
    once all windows of a recording are in one fold. Where that cannot be measured (a single recording, fewer
    than three of a class), and where the labels can be told anyway, the overlap is only worth knowing.

    That two rows share steps is certain: half of their steps, at another place, equal to the last bit of
    float32, with eight different ones among them (all of shorter halves), in data that vary continuously.
    Scaling each column or each window by itself hides it. Data of more than two million numbers are not
    looked at.
    """
    held = case.validation
    if held is None or held.rows < _FEWEST_HELD or case.sample.rows < FEWEST_ROWS:
        return
    windows, others = _windows_of(case.sample.x), _windows_of(held.x)
    if windows is None or others is None or others.shape[1:] != windows.shape[1:]:
        return
    trained, asked = _stretches_of(windows), _stretches_of(others)
    share = float(((_earlier(asked, trained) >= 0) | (_later(asked, trained) >= 0)).mean())
    most = case.settings.max_leaked_share
    if share >= most:
        every = _stretches_of(np.concatenate([windows, others]))
        memory = _memory_of(case, _recordings_of(every))
        yield Finding(
            "shuffled_labels",
            Severity.WARNING if memory is not None and memory.hurts else Severity.INFO,
            Cause.DATA_LEAK,
            Where("argument", "validation_data"),
            (Evidence("share of validation rows half in a training row", share, most), *_measured(memory)),
            f"{share:.0%} of the validation rows share at least half of their steps with a training row: "
            + _told(memory),
            "Split the recordings first (GroupShuffleSplit, or a moment in time), and cut each part into "
            "windows after that.",
        )


@dataclass(frozen=True)
class _Stretches:
    """Of windows: digests of the half that begins at each step, and whether first and last half tell."""

    digests: NDArray[np.uint64]
    first_tells: NDArray[np.bool_]
    last_tells: NDArray[np.bool_]


@dataclass(frozen=True)
class _Memory:
    """Skill on unseen rows: with recordings' labels shuffled, as they are, and on unseen recordings."""

    shuffled: float
    rows: float
    recordings: float
    chance: float

    @property
    def hurts(self) -> bool:
        """Whether learners know recordings again, and owe their skill to that."""
        return self.shuffled > self.chance and self.rows - self.recordings > self.chance


def _windows_of(x: Any) -> NDArray[np.float32] | None:
    """(rows, steps, channels) of the largest input; None where it can be no window of a signal."""
    arrays = [array for array in arrays_of(x) if array.dtype.kind == "f" and array.ndim in (2, 3)]
    if not arrays:
        return None
    largest = max(arrays, key=lambda array: array[:1].size)
    if largest.shape[1] < _FEWEST_STEPS or largest.size > _MAX_NUMBERS:
        return None
    with np.errstate(over="ignore"):
        windows = largest.astype(np.float32).reshape(*largest.shape[:2], -1)
    return windows if len(np.unique(windows[:FEWEST_ROWS])) >= _CONTINUOUS_VALUES else None


def _stretches_of(windows: NDArray[np.float32]) -> _Stretches:
    """Polynomial digests, modulo 2**64, of the bits of each half window."""
    steps = _digests_of_steps(windows)
    length = windows.shape[1] // 2
    powers = np.cumprod(np.full(windows.shape[1], _MULTIPLIER))
    sums = np.cumsum(steps * powers, axis=1, dtype=np.uint64)
    sums = np.concatenate([np.zeros((len(steps), 1), np.uint64), sums], axis=1)
    starts = np.arange(windows.shape[1] - length + 1)
    digests = np.multiply(sums[:, length:] - sums[:, :-length], powers[::-1][starts], dtype=np.uint64)
    return _Stretches(digests, _tells(steps[:, :length]), _tells(steps[:, -length:]))


def _digests_of_steps(windows: NDArray[np.float32]) -> NDArray[np.uint64]:
    """(rows, steps) of all channels together."""
    bits = (windows + np.float32(0)).view(np.uint32).astype(np.uint64)  # minus zero is zero
    channels = np.random.default_rng(_SEED).integers(2**63, size=windows.shape[2], dtype=np.uint64)
    mixed = (bits * (2 * channels + np.uint64(1))).sum(axis=2)
    return (mixed ^ (mixed >> np.uint64(29))) * _MULTIPLIER


def _tells(half: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """(rows,) whether enough of the steps are different ones for a coincidence to be out of the question."""
    different = 1 + (np.diff(np.sort(half, axis=1), axis=1) != 0).sum(axis=1)
    return different >= min(_FEWEST_DIFFERENT, half.shape[1])


def _earlier(some: _Stretches, among: _Stretches) -> NDArray[np.int64]:
    """(rows,) the place of a row that began earlier and runs into the first half; -1 where there is none."""
    return np.where(some.first_tells, _owner(some.digests[:, 0], among.digests[:, 1:]), -1)


def _later(some: _Stretches, among: _Stretches) -> NDArray[np.int64]:
    """(rows,) the place of a row that begins in the first half and goes on; -1 where there is none."""
    return np.where(some.last_tells, _owner(some.digests[:, -1], among.digests[:, :-1]), -1)


def _owner(wanted: NDArray[np.uint64], among: NDArray[np.uint64]) -> NDArray[np.int64]:
    """(wanted,) a row of `among` in which each digest occurs; -1 where it does in none."""
    flat = among.reshape(-1)
    order = np.argsort(flat)
    places = order[np.minimum(np.searchsorted(flat, wanted, sorter=order), len(flat) - 1)]
    return np.where(flat[places] == wanted, places // among.shape[1], -1)


def _recordings_of(windows: _Stretches) -> NDArray[np.int64]:
    """(rows,) the number of the recording: rows that are linked by overlaps, over however many others.

    Each row with the one that runs into it is enough: that one is linked with its own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    before = _earlier(windows, windows)
    rows = np.flatnonzero(before >= 0)
    count = len(before)
    links = coo_array((np.ones(len(rows)), (rows, before[rows])), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _memory_of(case: Case, recordings: NDArray[np.int64]) -> _Memory | None:
    """What learners owe to having seen a part of each recording; None where that cannot be measured."""
    rows = learnable_rows(case)
    if rows is None or case.standard is None:
        return None
    _, first, groups = np.unique(recordings[rows.places], return_index=True, return_inverse=True)
    if not _enough(rows, first):
        return None
    exchanged = np.random.default_rng(_SEED).permutation(first)
    shuffled = unseen_skill(replace(rows, targets=rows.targets[exchanged[groups]]))
    apart = unseen_skill(rows, groups)
    if shuffled is None or apart is None:
        return None
    chance = 2 * standard_error(rows.head, rows.targets[first])
    return _Memory(shuffled, case.standard.skill, apart, chance)


def _enough(rows: LearnableRows, first: NDArray[np.int64]) -> bool:
    """Whether there are recordings (of each class) for every fold."""
    if task_of(rows.head, rows.targets) is not Task.CLASSES:
        return len(first) >= _FEWEST_RECORDINGS
    classes = class_numbers(rows.head, rows.targets)
    return all((classes[first] == one).sum() >= _FEWEST_RECORDINGS for one in np.unique(classes))


def _measured(memory: _Memory | None) -> tuple[Evidence, ...]:
    if memory is None:
        return ()
    return (
        Evidence("skill on unseen rows, labels shuffled", memory.shuffled, memory.chance),
        Evidence("skill on unseen rows", memory.rows),
        Evidence("skill on unseen recordings", memory.recordings, memory.rows - memory.chance),
    )


def _told(memory: _Memory | None) -> str:
    if memory is None:
        return "what they measure may be memory."
    if not memory.hurts:
        return "what they measure may be memory, though ordinary learners gain nothing by it."
    return (
        f"what they measure is memory. Ordinary learners reach a skill of {memory.rows:.2f} on unseen rows, "
        f"{memory.shuffled:.2f} even with labels shuffled between the recordings, and "
        f"{memory.recordings:.2f} on recordings that they have seen no part of."
    )


RULES: tuple[Rule, ...] = (shuffled_labels,)
