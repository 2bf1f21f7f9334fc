"""Rules on the values of the data: finite, unlike from row to row, on a scale that weights can work with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head, LossKind
from soundcheck.debugging.layers import SATURATING, activation_of, has_own_step
from soundcheck.debugging.outcome import Task, task_of
from soundcheck.debugging.readers import Reader, readers_of
from soundcheck.debugging.rules import data_axes, data_rows, data_splits, data_windows
from soundcheck.debugging.samples import Sample, arrays_of, evenly_spread, row_digests

_FEWEST_ROWS = 8
_MAX_COLUMNS = 4096
_BATCH_ROWS = 32
_RELATIVE_LOSSES = {"mean_squared_logarithmic_error", "mean_absolute_percentage_error"}
_FLOAT32_LARGEST = float(np.finfo(np.float32).max)


def non_finite_data(case: Case) -> Iterator[Finding]:
    """One NaN or infinity in a batch makes the loss NaN, and the next step every weight.

    Unless they are gaps on purpose: a mask of minus infinities added before a softmax, targets that the loss
    leaves out. What a batch with such rows gives tells the two apart: where its loss and all its gradients
    are finite, model and loss deal with them (an infinity behind a sigmoid leaves the loss finite, but not
    the gradients). A training step of the user's own may leave them out as well; only its losses tell.
    """
    for prefix, sample, log in (("", case.sample, "loss"), ("validation ", case.validation, "val_loss")):
        shares = {} if sample is None else _shares_not_finite(case, sample)
        severity = _severity_of_gaps(case, sample, log) if sample is not None and shares else None
        if severity is not None:
            for name, share in shares.items():
                yield _non_finite(prefix + name, share, severity)


def constant_feature(case: Case) -> Iterator[Finding]:
    """Rows that are all alike cannot be told apart: of their different targets only the mean can be learnt.

    Single columns without variance (borders of images, words that do not occur) are harmless, and rows that
    repeat are, as long as no single one makes up nearly all the data while its targets differ.
    """
    sample = case.sample
    if sample.y is None or sample.rows < _FEWEST_ROWS:
        return
    alike = _commonest_row(sample)
    share = float(alike.mean())
    targets_differ = any(_differ(array[alike]) for array in arrays_of(sample.y))
    if share >= case.settings.max_equal_rows_share and targets_differ:
        severity = Severity.ERROR if share == 1 else Severity.WARNING
        evidence = Evidence("share of rows alike", share, case.settings.max_equal_rows_share)
        yield Finding(
            "constant_feature",
            severity,
            Cause.CONSTANT_FEATURE,
            Where("data", "x"),
            (evidence,),
            f"{share:.0%} of the rows of x are exactly the same while their targets differ: there is "
            "nothing in them to tell the targets by.",
            "Look at the array that reaches fit, after all scaling: integer division, a cast to integers "
            "or a normalisation of each row by itself may have removed what differed.",
        )


def input_not_normalised(case: Case) -> Iterator[Finding]:
    """Inputs far from the order of 1, or columns of very unlike scale, make the first layer ill-conditioned.

    The curvature of the loss along a weight is proportional to the mean square of its input: where columns
    have root mean squares of 1 and r, a rate that is stable for one is r² times too small for the other
    (LeCun et al., Efficient BackProp, 1998, sections 4.3 and 5.1; hence r = 10). A mean of m deviations has
    the same effect with r = m. Inputs below 0.02 need weights above 50 before they matter. Optimizers that
    adapt their steps, and luck, often get there all the same: so before the training this is worth knowing,
    and an alarm only where the first layer is driven onto the flat parts of its activation; afterwards it is
    one where the training went badly.
    """
    for reader in readers_of(case):
        scale = _scale_of(reader)
        if scale is None or (trouble := _trouble(case, scale)) is None:
            continue
        severity = _severity_of_input(case, reader, scale)
        if severity is not None:
            yield Finding(
                "input_not_normalised",
                severity,
                Cause.INPUT_NOT_NORMALISED,
                Where("data", reader.name),
                (trouble,),
                f"{reader.name} reaches layer {reader.layer.name!r} as it is: {_sizes(scale)} (mean over "
                f"deviation: {scale.offset:.3g}). No learning rate suits both its weights and all others.",
                f"Scale {'each' if scale.columns > 1 else 'the'} column to a mean of 0 and a standard "
                "deviation of 1 with the statistics of the training data (keras.layers.Normalization or "
                "StandardScaler); divide images by 255.",
            )


def target_not_normalised(case: Case) -> Iterator[Finding]:
    """Targets of a regression far from what the untrained outputs can be moved to.

    Outputs start within a few times 1 of 0. From there the error, and with it the gradient of a squared loss,
    is as large as the targets: plain gradient descent overshoots, while Adam moves a weight by about its rate
    a step, whatever the error (Kingma and Ba, 2015, section 2.1). Targets that vary by less than 0.01 drown
    in the noise of the steps. That is a matter of patience: an alarm only where the training went badly.
    """
    for head in case.heads:
        place = _place_of_targets(head)
        if place is None or (trouble := _misplaced(case, place)) is None:
            continue
        severity = _once_it_went_badly(case)
        if severity is not None:
            yield Finding(
                "target_not_normalised",
                severity,
                Cause.TARGET_NOT_NORMALISED,
                Where("data", "y" if len(case.heads) == 1 else head.name),
                (trouble,),
                f"The targets of {head.name!r} have a mean of {place.mean:.3g} and a standard deviation of "
                f"{place.deviation:.3g}, while the untrained outputs vary by {place.reach:.3g}: most of the "
                "training goes into getting there, or the large errors blow it up.",
                "Scale the targets to a mean of 0 and a standard deviation of 1 with the statistics of the "
                "training data, and scale predictions back; or predict their logarithm where they span "
                "orders of magnitude.",
            )


@dataclass(frozen=True)
class _Scale:
    """Of an input: columns, their root mean squares, |mean| over deviation, size of what is not zero."""

    columns: int
    smallest: float
    largest: float
    offset: float
    typical: float


@dataclass(frozen=True)
class _Place:
    """Where targets are, and where the untrained outputs start and how far they vary."""

    mean: float
    deviation: float
    start: float
    reach: float


def _shares_not_finite(case: Case, sample: Sample) -> dict[str, float]:
    """Of each part of the data, the share of rows that are not finite; without parts that have none."""
    parts = {
        "x": None if _deals_with_gaps(case) else sample.x,
        "y": sample.y,
        "sample_weight": sample.weights,
    }
    shares = {name: 1 - float(_finite_rows(structure).mean()) for name, structure in parts.items()}
    return {name: share for name, share in shares.items() if share > 0}


def _severity_of_gaps(case: Case, sample: Sample, log: str) -> Severity | None:
    """What rows that are not finite did to a training, or surely will do; None where they are dealt with.

    A training has refuted the fear where all its losses and its weights are finite: a relu hides NaNs from
    the loss. Where the loss of the first epoch, which saw these rows, is finite and a later one is not, the
    fault may lie elsewhere.
    """
    losses = [] if case.record is None else [logs[log] for logs in case.record.epochs if log in logs]
    if losses:
        spoilt = not all(np.isfinite(weight).all() for weight in case.model.get_weights())
        if np.isfinite(losses).all() and not spoilt:
            return Severity.INFO
        elsewhere = not np.isfinite(losses).all() and np.isfinite(losses[0])
        return None if elsewhere or _own_loss_is_finite(case) else Severity.ERROR
    if has_own_step(case.model):
        return Severity.INFO
    return None if _batch_is_finite(case, sample, log) else Severity.ERROR


def _own_loss_is_finite(case: Case) -> bool:
    """Whether there is a loss of the user's own, which gave a number for the first batch."""
    own = any(head.loss.kind is LossKind.CUSTOM for head in case.heads)
    return own and case.initial is not None and bool(np.isfinite(case.initial.loss))


def _batch_is_finite(case: Case, sample: Sample, log: str) -> bool:
    """Whether a usual batch with at least one row that is not finite has a finite loss.

    And finite gradients, where it is a batch to learn from. Rows that are not finite alone are no usual
    batch: a loss that leaves gaps out divides by the rows that are left.
    """
    from soundcheck.debugging.observations import observe

    gap = np.argmin(_finite_rows([sample.x, sample.y, sample.weights]))
    places = evenly_spread(sample.rows, case.fit.batch_size or _BATCH_ROWS)
    batch = sample.take(np.union1d(places, [gap]))
    try:
        seen = observe(case.model, batch.x, batch.y, batch.weights, step=0, epoch=0)
    except Exception:  # noqa: BLE001 - `fit` will raise the same, in the user's own words
        return False
    if log == "val_loss":
        return bool(np.isfinite(seen.inference_loss))
    gradients = [layer.gradient_norm for layer in seen.layers if layer.connected]
    return bool(np.isfinite([seen.loss, *gradients]).all())


def _deals_with_gaps(case: Case) -> bool:
    """Whether NaNs among the inputs leave the outputs finite."""
    arrays = [array for array in arrays_of(case.sample.x) if array.dtype.kind == "f"]
    if any((np.abs(array) > _FLOAT32_LARGEST).any() for array in arrays):
        return False
    gaps = any(np.isnan(array).any() for array in arrays)
    return gaps and any(head.outputs is not None and np.isfinite(head.outputs).all() for head in case.heads)


def _finite_rows(structure: Any) -> NDArray[np.bool_]:
    """(rows,) whether all values of a row are finite in Keras's float32; (1,) True where there are none."""
    arrays = [one for one in arrays_of(structure) if one.dtype.kind == "f"]
    finite = [np.isfinite(one) & (np.abs(np.nan_to_num(one)) <= _FLOAT32_LARGEST) for one in arrays]
    rows = [one.reshape(len(one), -1).all(axis=1) for one in finite]
    return np.logical_and.reduce(rows) if rows else np.ones(1, bool)


def _non_finite(name: str, share: float, severity: Severity) -> Finding:
    evidence = (Evidence("share of rows not finite", share, 0.0),)
    told = f"{share:.2%} of the rows of {name} have a NaN or an infinity."
    where = Where("data", name)
    if severity == Severity.INFO:
        why = f"{told} One that is not left out makes the loss NaN, and the step after it every weight."
        remedy = "If these gaps are meant, nothing has to change; else drop or fill those rows before fit."
        return Finding("non_finite_data", severity, Cause.NON_FINITE_DATA, where, evidence, why, remedy)
    return Finding(
        "non_finite_data",
        severity,
        Cause.NON_FINITE_DATA,
        where,
        evidence,
        f"{told} One of them in a batch makes the loss NaN, and the step after it every weight.",
        "Find where they arise (missing values, a division by zero, the logarithm of 0) and drop or fill "
        "those rows before fit; np.isfinite(array).all() tells.",
    )


def _commonest_row(sample: Sample) -> NDArray[np.bool_]:
    """(rows,) which rows are the one that occurs most often."""
    _, numbers = np.unique(row_digests(sample.x), return_inverse=True)
    return numbers == np.bincount(numbers).argmax()


def _differ(targets: NDArray[Any]) -> bool:
    return bool((targets != targets[:1]).any())


def _scale_of(reader: Reader) -> _Scale | None:
    """Of a table by columns, of images and sequences by channels; None where all is zero or not finite."""
    array = reader.array.astype(np.float64)
    columns = array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1)
    columns = columns[np.isfinite(columns).all(axis=1)]
    if not len(columns) or not columns.any():
        return None
    means, deviations = columns.mean(axis=0), columns.std(axis=0)
    sizes = np.sqrt(np.square(columns).mean(axis=0))
    counts = ((columns == 0) | (columns == 1)).all(axis=0)
    measured = (deviations > 0) & ~counts
    offset = float(np.median(np.abs(means[measured]) / deviations[measured])) if measured.any() else 0.0
    typical = float(np.sqrt(np.square(columns[columns != 0]).mean()))
    return _Scale(len(sizes), float(sizes[sizes > 0].min()), float(sizes.max()), offset, typical)


def _sizes(scale: _Scale) -> str:
    if scale.columns == 1:
        return f"the root mean square of its column is {scale.largest:.3g}"
    return f"the root mean squares of its columns are {scale.smallest:.3g} to {scale.largest:.3g}"


def _trouble(case: Case, scale: _Scale) -> Evidence | None:
    settings = case.settings
    if scale.largest >= settings.max_input_scale:
        return Evidence("largest root mean square of a column", scale.largest, settings.max_input_scale)
    if scale.typical <= settings.min_input_scale:
        return Evidence("root mean square of what is not zero", scale.typical, settings.min_input_scale)
    if scale.offset >= settings.max_input_scale:
        return Evidence("mean over standard deviation", scale.offset, settings.max_input_scale)
    return None


def _severity_of_input(case: Case, reader: Reader, scale: _Scale) -> Severity | None:
    if case.record is None and case.initial is not None and activation_of(reader.layer) in SATURATING:
        states = (state for state in case.initial.layers if state.name == reader.layer.name)
        saturated = max((state.saturated for state in states), default=0.0)
        if saturated >= case.settings.max_saturated_share and scale.largest >= case.settings.max_input_scale:
            return Severity.WARNING
    return _once_it_went_badly(case)


def _once_it_went_badly(case: Case) -> Severity | None:
    """Worth knowing before a training; afterwards an alarm where it went badly, else nothing."""
    if case.record is None:
        return Severity.INFO
    return Severity.WARNING if case.outcome is not None and case.outcome.poor else None


def _place_of_targets(head: Head) -> _Place | None:
    """Of the column that is farthest off; None where the head does no regression with unbounded outputs."""
    if head.loss.kind is not LossKind.REGRESSION or head.loss.name in _RELATIVE_LOSSES:
        return None
    bounded = head.activation in SATURATING or head.activation == "softmax"
    if bounded or head.targets is None or task_of(head, head.targets) is not Task.VALUES:
        return None
    targets = head.targets.reshape(len(head.targets), -1)[:, :_MAX_COLUMNS].astype(np.float64)
    targets = targets[np.isfinite(targets).all(axis=1)]
    if len(targets) < _FEWEST_ROWS or head.outputs is None or not np.isfinite(head.outputs).all():
        return None
    means, deviations = targets.mean(axis=0), targets.std(axis=0)
    worst = int(np.argmax(np.abs(means) + deviations))
    return _Place(
        float(means[worst]), float(deviations[worst]), float(head.outputs.mean()), float(head.outputs.std())
    )


def _misplaced(case: Case, place: _Place) -> Evidence | None:
    settings = case.settings
    distance = max(abs(place.mean - place.start), place.deviation) / max(place.reach, 1.0)
    if distance >= settings.max_target_distance:
        return Evidence(
            "distance of the targets, in the outputs' spread", distance, settings.max_target_distance
        )
    if 0 < place.deviation <= settings.min_target_deviation * max(1.0, place.reach):
        return Evidence("standard deviation of the targets", place.deviation, settings.min_target_deviation)
    return None


RULES: tuple[Rule, ...] = (
    non_finite_data,
    constant_feature,
    input_not_normalised,
    target_not_normalised,
    *data_axes.RULES,
    *data_rows.RULES,
    *data_splits.RULES,
    *data_windows.RULES,
)
