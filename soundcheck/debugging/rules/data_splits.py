"""Rules on what training and validation rows share, and on what the inputs share with the targets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head
from soundcheck.debugging.outcome import FEWEST_ROWS, Task, task_of
from soundcheck.debugging.rules.data_rows import classes_in_order, only_head
from soundcheck.debugging.rules.progress import has_recurrence
from soundcheck.debugging.samples import arrays_of, repeats_by_chance, row_digests

_FEWEST_HELD = 10
_FEWEST_FOR_SHIFT = 20
_DENSE_SHARE = 0.05
_MOST_COLUMNS = 0.5
_IN_ORDER = 0.9
_MOST_LIKENESSES = 4096


def distribution_shift(case: Case) -> Iterator[Finding]:
    """Training and validation inputs on different scales: one of them was scaled, and the other was not.

    Told where in most columns the means lie apart by more than 3 deviations of the training rows, or the
    deviations by a factor above 5: no random split does so. In rows that follow each other in time values
    drift; there both must be three times as much. (Of a straight line the deviations are as the lengths: 9 to
    1 where the last tenth is held out, and the means then lie 2 deviations apart.) Columns that are nearly
    always zero, and yes or no, are left out. After a training it is no alarm where the network does as well
    on the validation rows; and a shift of a third of this is told where it shows: where it does far worse on
    them than on its own, and an ordinary learner on training rows that it has not seen does not.
    """
    held = case.validation
    if held is None or min(held.rows, case.sample.rows) < _FEWEST_FOR_SHIFT or case.fit.validation_split:
        return
    for name, trained, others in _pairs(case):
        share = _shifted_share(case, trained, others, 1.0)
        if share < _MOST_COLUMNS and _validation_suffers(case):
            share = _shifted_share(case, trained, others, 1 / 3)
        if share >= _MOST_COLUMNS:
            yield Finding(
                "distribution_shift",
                Severity.INFO if _validation_holds(case) else Severity.WARNING,
                Cause.DISTRIBUTION_SHIFT,
                Where("data", f"validation {name}"),
                (Evidence("share of the columns on another scale", share, _MOST_COLUMNS),),
                f"In {share:.0%} of the columns of {name} the validation rows lie on another scale than the "
                f"training rows (means {_mean(trained):.3g} and {_mean(others):.3g}, standard deviations "
                f"{_deviation(trained):.3g} and {_deviation(others):.3g}): what the network has learnt need "
                "not apply to them.",
                "Prepare both in the same way: fit the scaler on the training rows and use its transform, "
                "unchanged, on validation and test rows.",
            )


def classes_split_apart(case: Case) -> Iterator[Finding]:
    """Validation rows whose classes the training rows hardly have: `validation_split` cuts off the last rows.

    The distance is half the sum of the differences of the classes' shares: 0 for the same mix, 1 where no
    class occurs in both. Rows drawn at random come to sqrt(classes / rows) or so.
    """
    head = only_head(case)
    parts = None if head is None else _training_and_validation(case, head)
    if parts is None or min(map(len, parts)) < _FEWEST_HELD:
        return
    training, held = parts
    classes = np.unique(np.concatenate(parts))
    shares = [np.array([(part == one).mean() for one in classes]) for part in parts]
    distance = 0.5 * float(np.abs(shares[0] - shares[1]).sum())
    by_chance = 2 * math.sqrt(len(classes) / min(map(len, parts)))
    if len(classes) < 2 or distance < max(case.settings.max_mix_distance, by_chance):  # noqa: PLR2004
        return
    unseen = float(1 - np.isin(held, training).mean())
    split = case.fit.validation_split > 0
    yield Finding(
        "classes_split_apart",
        Severity.WARNING,
        Cause.DATA_NOT_SHUFFLED if split else Cause.DISTRIBUTION_SHIFT,
        Where("argument", "validation_split" if split else "validation_data"),
        (
            Evidence("distance of the mixes of classes", distance, case.settings.max_mix_distance),
            Evidence("share of validation rows of classes never trained", unseen),
        ),
        f"Training and validation rows hold different classes (distance {distance:.2f} of 1): {unseen:.0%} "
        "of the validation rows are of a class that is not in the training rows at all.",
        "Shuffle x and y with one permutation before fit, since validation_split takes the last rows as "
        "they stand; or use train_test_split(..., stratify=y).",
    )


def data_leak(case: Case) -> Iterator[Finding]:
    """Validation rows that the network was trained on: they measure memory.

    Rows repeat by chance where data are discrete; there the excess over what repeats within the training rows
    counts. Where several columns vary continuously, no two rows are the same by chance, and copies within the
    training rows come from the same mistake (oversampling before the split). Fewer than 30 rows, all given as
    validation as well (exclusive or), are no test of anything and not meant as one.
    """
    held = case.validation
    if held is None or held.rows < _FEWEST_HELD or case.sample.rows < FEWEST_ROWS:
        return
    trained = row_digests(case.sample.x)
    seen_share = case.sample.rows / max(case.sample.total_rows or case.sample.rows, case.sample.rows)
    repeated = _repeated_by_chance(arrays_of(case.sample.x), trained)
    found = float(np.isin(row_digests(held.x), trained).mean())
    leaked = min((found - repeated) / seen_share, 1.0)
    most = case.settings.max_leaked_share
    if leaked >= most and (found - repeated) * held.rows >= _FEWEST_HELD / 2:
        yield Finding(
            "data_leak",
            Severity.WARNING,
            Cause.DATA_LEAK,
            Where("argument", "validation_data"),
            (Evidence("share of validation rows among the training rows", leaked, most),),
            f"About {leaked:.0%} of the validation rows are also training rows: what they measure is "
            "memory, and overfitting does not show.",
            "Split before anything is duplicated, oversampled or augmented, drop duplicates, and give fit "
            "validation_data that is in no training batch.",
        )


def target_among_features(case: Case) -> Iterator[Finding]:
    """A column that is the target itself: the network copies it, and is lost where it is missing.

    Told where one column among several (of a window: one step of a channel) is the target up to scale, and no
    other comes near. Of a sequence it is a leak where the step is the last one, as in a window that ends too
    late. To remember an earlier one is a task of its own (Hochreiter and Schmidhuber, Long short-term memory,
    1997, section 5): there it is only worth knowing.
    """
    head, columns = only_head(case), _columns(case)
    targets = None if head is None else _single_numbers(head)
    if targets is None or columns is None or case.sample.rows < FEWEST_ROWS:
        return
    likeness = np.abs(_correlations(columns, targets))
    first, second = np.argsort(-likeness)[:2]
    least = case.settings.min_copied_correlation
    if likeness[first] >= least and likeness[second] < case.settings.max_near_copy:
        yield Finding(
            "target_among_features",
            Severity.INFO if _is_earlier_step(case, int(first)) else Severity.WARNING,
            Cause.DATA_LEAK,
            Where("data", "x"),
            (Evidence("correlation with the target", float(likeness[first]), least),),
            f"{_place_in_row(case, int(first))} of x is the target up to scale, and no other comes near: the "
            "network learns to copy it.",
            "Drop it from x, unless it will be known when the model is used: a window has to end before what "
            "is to be predicted.",
        )


def _columns(case: Case) -> NDArray[np.float64] | None:
    """(rows, columns) of tables and windows; None where x is something else, or holds no numbers."""
    arrays = arrays_of(case.sample.x)
    if any(array.ndim not in (2, 3) or array.dtype.kind not in "fiub" for array in arrays):
        return None
    flat = [array.reshape(len(array), -1).astype(np.float64) for array in arrays]
    columns = np.concatenate(flat, axis=1)
    return columns if 1 < columns.shape[1] <= _MOST_LIKENESSES and np.isfinite(columns).all() else None


def _is_earlier_step(case: Case, column: int) -> bool:
    """Whether a column of `_columns` is a step of a sequence, and not its last."""
    arrays = arrays_of(case.sample.x)
    widths = np.cumsum([array[0].size for array in arrays])
    place = int(np.searchsorted(widths, column, side="right"))
    array, start = arrays[place], int(widths[place]) - arrays[place][0].size
    numbers_of_steps = len(arrays) == 1 and has_recurrence(case.model)
    if array.ndim != 3 and not numbers_of_steps:  # noqa: PLR2004
        return False
    return (column - start) // math.prod(array.shape[2:]) < array.shape[1] - 1


def _place_in_row(case: Case, column: int) -> str:
    """Where a column of `_columns` is, in words."""
    arrays = arrays_of(case.sample.x)
    if len(arrays) > 1 or arrays[0].ndim == 2:  # noqa: PLR2004
        return f"Column {column}"
    step, channel = divmod(column, arrays[0].shape[-1])
    return f"Step {step} of channel {channel}"


def _training_and_validation(case: Case, head: Head) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    classes = classes_in_order(head, case.sample.y)
    if classes is None:
        return None
    if case.validation is not None:
        held = classes_in_order(head, case.validation.y)
        return None if held is None else (classes, held)
    if not case.fit.validation_split:
        return None
    last = len(classes) - int(len(classes) * case.fit.validation_split)
    return classes[:last], classes[last:]


def _single_numbers(head: Head) -> NDArray[np.float64] | None:
    """(rows,) targets of a binary head or a regression; None for others."""
    targets = head.targets
    if targets is None or targets.dtype.kind not in "fiub" or targets[:1].size != 1:
        return None
    if task_of(head, targets) is Task.CLASSES and head.classes > 2:  # noqa: PLR2004
        return None
    numbers = targets.reshape(-1).astype(np.float64)
    return numbers if np.isfinite(numbers).all() and numbers.std() > 0 else None


def _correlations(columns: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = columns - columns.mean(axis=0)
    spread = columns.std(axis=0) * targets.std()
    together = centred.T @ (targets - targets.mean()) / len(targets)
    return np.divide(together, spread, out=np.zeros_like(together), where=spread > 0)


def _pairs(case: Case) -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    """Inputs, and targets of a regression, of the training and the validation rows."""
    held = case.validation
    assert held is not None  # noqa: S101 - the rule has asked
    names = [("x", case.sample.x, held.x)]
    if case.heads and task_of(case.heads[0], case.heads[0].targets) is Task.VALUES:
        names.append(("y", case.sample.y, held.y))
    for name, trained, others in names:
        for one, other in zip(arrays_of(trained), arrays_of(others), strict=False):
            if one.dtype.kind in "fiub" and other.dtype.kind in "fiub" and one.shape[1:] == other.shape[1:]:
                yield name, _as_columns(one), _as_columns(other)


def _as_columns(array: NDArray[Any]) -> NDArray[np.float64]:
    """(rows, columns) of a table, (rows x places, channels) of images and sequences."""
    columns = array.shape[-1] if array.ndim > 1 else 1
    return np.nan_to_num(array.reshape(-1, columns).astype(np.float64), posinf=0.0, neginf=0.0)


def _shifted_share(
    case: Case, trained: NDArray[np.float64], others: NDArray[np.float64], sensitivity: float
) -> float:
    """Share of the columns whose mean or deviation lies too far off; limits are so much of the usual."""
    deviations = trained.std(axis=0)
    is_code = np.isin(trained, (0, 1)).all(axis=0) & np.isin(others, (0, 1)).all(axis=0)
    counted = (deviations > 0) & ~is_code
    dense = counted & ((trained != 0).mean(axis=0) >= _DENSE_SHARE)
    if not dense.any():
        return 0.0
    distance = np.abs(trained.mean(axis=0) - others.mean(axis=0))[dense] / deviations[dense]
    ratio = np.maximum(others.std(axis=0)[dense], 1e-12) / deviations[dense]
    patience = 3.0 if _in_order(trained[:, dense]) else 1.0
    far = distance >= case.settings.max_shift_deviations * sensitivity * patience
    factor = max(case.settings.max_shift_ratio * sensitivity * patience, 2.0)
    return float((far | (np.abs(np.log(ratio)) >= math.log(factor))).sum() / counted.sum())


def _in_order(columns: NDArray[np.float64]) -> bool:
    """Whether each row is like the one before it, as in time."""
    centred = columns - columns.mean(axis=0)
    following = (centred[1:] * centred[:-1]).mean(axis=0) / np.square(centred).mean(axis=0)
    return bool(np.median(following) >= _IN_ORDER)


def _validation_suffers(case: Case) -> bool:
    """Whether the network does far worse on validation rows than an ordinary learner on unseen ones."""
    if case.standard is None:
        return False
    lost = _lost_on_validation(case)
    return lost is not None and lost > case.settings.min_shift_harm


def _validation_holds(case: Case) -> bool:
    """Whether a network that has learnt its rows does as well on the validation rows."""
    lost = _lost_on_validation(case)
    learnt = case.outcome is not None and not case.outcome.poor
    return learnt and lost is not None and lost <= case.settings.min_shift_harm


def _lost_on_validation(case: Case) -> float | None:
    """Skill below that on the training rows, or of an ordinary learner on unseen ones, if that is less."""
    outcome, standard = case.outcome, case.standard
    if outcome is None or outcome.validation is None:
        return None
    expected = outcome.training if standard is None else min(outcome.training, standard.skill)
    return expected - outcome.validation


def _repeated_by_chance(arrays: list[NDArray[Any]], digests: NDArray[np.uint64]) -> float:
    """Share of the training rows that occur more than once, where that may be chance; else 0."""
    if not repeats_by_chance(arrays):
        return 0.0
    counts = np.unique(digests, return_counts=True)[1]
    return float(counts[counts > 1].sum() / len(digests))


def _mean(columns: NDArray[np.float64]) -> float:
    return float(columns.mean())


def _deviation(columns: NDArray[np.float64]) -> float:
    return float(columns.std(axis=0).mean())


RULES: tuple[Rule, ...] = (distribution_shift, classes_split_apart, data_leak, target_among_features)
