"""Rules on the axes of the data: what is neighbour to what, and along which axis a layer looks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.readers import Reader, readers_of

_CHANNELS = (1, 3)
_FEWEST_PLACES = 8
_MAX_ROWS = 256
_WELL = 0.8
_RECURRENT = {"LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D"}
_SEQUENTIAL = _RECURRENT | {"Conv1D", "SeparableConv1D"}
_IMAGE = {"Conv2D", "SeparableConv2D", "DepthwiseConv2D"}


def channels_in_front(case: Case) -> Iterator[Finding]:
    """Images as (channels, height, width), given to a convolution that takes its last axis for channels.

    It then slides over a "picture" that is 1 or 3 pixels high, with the columns of the real one for colours.
    No real picture is: so before a training shape alone says it, and neighbours along the last axis being
    alike makes sure that they are columns. Of a height of 1, kernels that are 1 high show that it is meant: a
    convolution over time with the bands of a spectrum for channels (TC-ResNet, Choi et al. 2019). What was
    learnt well all the same is no alarm.
    """
    for reader in _readers(case, _IMAGE):
        shape = reader.array.shape
        last_is_channels = getattr(reader.layer, "data_format", "channels_last") == "channels_last"
        is_image = len(shape) == 4  # noqa: PLR2004
        suspect = is_image and shape[1] in _CHANNELS and min(shape[2:]) >= _FEWEST_PLACES
        if not suspect or not last_is_channels or _runs_along_one_row(reader):
            continue
        likeness = likeness_of_neighbours(reader.array, axis=3)
        if likeness >= case.settings.min_smoothness:
            yield _swapped(
                "channels_in_front",
                case,
                reader,
                Severity.WARNING if case.record is None else _unless_it_turned_out_well(case),
                likeness,
                f"it takes axis 1 for the height and axis 3 for the channels, so the {shape[3]} columns of "
                "the picture become colours and nothing of its shape can be seen",
                "Move the channels to the end: x = np.moveaxis(x, 1, -1), which gives "
                f"{(*shape[2:], shape[1])}.",
            )


def time_and_features_swapped(case: Case) -> Iterator[Finding]:
    """A sequence as (features, time), read by a layer that steps along the first of these.

    Values next to each other in time are alike, features next to each other need not be. Where it is the
    other way round, and the smooth axis the longer one, the layer steps over features; unless a step goes on
    where the one before it ended: then it is a piece of a longer sequence. A network can still learn from
    that, at a price: an alarm only where the training did not turn out well.
    """
    for reader in _readers(case, _SEQUENTIAL):
        shape = reader.array.shape
        if len(shape) != 3 or shape[2] < max(_FEWEST_PLACES, 2 * shape[1]) or shape[1] == 1:  # noqa: PLR2004
            continue
        along_steps = likeness_of_neighbours(reader.array, axis=1)
        along_features = likeness_of_neighbours(reader.array, axis=2)
        smooth = along_features >= case.settings.min_smoothness and along_steps <= case.settings.max_roughness
        if smooth and _likeness_of_ends(reader.array) < case.settings.min_smoothness:
            yield _swapped(
                "time_and_features_swapped",
                case,
                reader,
                _unless_it_turned_out_well(case),
                along_features,
                f"it takes axis 1 ({shape[1]} values, not alike) for time and axis 2 ({shape[2]} values, "
                "each like the next) for features, which looks like the reverse of what they are",
                "Swap the two: x = np.swapaxes(x, 1, 2); a reshape would mix the values.",
            )


def sequence_of_one_step(case: Case) -> Iterator[Finding]:
    """A recurrent layer, given sequences of a single step, remembers nothing: there is nothing before it.

    It is then a dense layer, with which much can be learnt: an alarm only where it did not turn out well.
    """
    for reader in _readers(case, _RECURRENT):
        shape = reader.array.shape
        stateful = bool(getattr(reader.layer, "stateful", False))
        if len(shape) != 3 or shape[1] != 1 or shape[2] < _FEWEST_PLACES or stateful:  # noqa: PLR2004
            continue
        likeness = likeness_of_neighbours(reader.array, axis=2)
        if likeness >= case.settings.min_smoothness:
            yield _swapped(
                "sequence_of_one_step",
                case,
                reader,
                _unless_it_turned_out_well(case),
                likeness,
                f"it gets one step with {shape[2]} features, each like the next, which look like the steps "
                "of a sequence; with one step it has nothing to remember",
                f"Give it the values as steps: x.reshape(-1, {shape[2]}, 1), and an input shape of "
                f"({shape[2]}, 1).",
            )


def likeness_of_neighbours(array: NDArray[Any], axis: int) -> float:
    """Correlation of values with the next ones along an axis, after what all rows share is taken away.

    Places are not put on one scale: those that hardly vary (borders of images) hold little but noise.

    Args:
        array: (rows, ...).
        axis: at least 1.

    Returns:
        From -1 to 1; NaN where the axis has one place, or values do not vary.
    """
    values = array[:_MAX_ROWS].astype(np.float64)
    if values.shape[axis] < 2 or len(values) < 2 or not np.isfinite(values).all():  # noqa: PLR2004
        return math.nan
    values = values - values.mean(axis=0)
    count = values.shape[axis]
    one, other = np.take(values, range(count - 1), axis), np.take(values, range(1, count), axis)
    spread = math.sqrt(float(np.square(one).mean()) * float(np.square(other).mean()))
    return float((one * other).mean()) / spread if spread else math.nan


def _readers(case: Case, kinds: set[str]) -> list[Reader]:
    return [reader for reader in readers_of(case) if reader.same_form and reader.kind in kinds]


def _runs_along_one_row(reader: Reader) -> bool:
    kernel: tuple[int, ...] = getattr(reader.layer, "kernel_size", ())
    return reader.array.shape[1] == 1 and kernel[:1] == (1,)


def _likeness_of_ends(array: NDArray[Any]) -> float:
    """How far each step goes on where the one before it ended."""
    ends = np.stack([array[:, :-1, -1], array[:, 1:, 0]], axis=-1)
    return likeness_of_neighbours(ends, axis=2)


def _unless_it_turned_out_well(case: Case) -> Severity:
    """An alarm where the network, once trained, leaves more than a fifth of the skill open."""
    outcome = case.outcome
    if outcome is None:
        return Severity.INFO
    reached = outcome.training if outcome.validation is None else min(outcome.training, outcome.validation)
    return Severity.WARNING if outcome.poor or reached < _WELL else Severity.INFO


def _swapped(
    rule: str, case: Case, reader: Reader, severity: Severity, likeness: float, reason: str, remedy: str
) -> Finding:
    return Finding(
        rule,
        severity,
        Cause.WRONG_AXIS,
        Where("data", reader.name),
        (Evidence("correlation of neighbours", likeness, case.settings.min_smoothness),),
        f"{reader.name} comes to {reader.kind} layer {reader.layer.name!r} as {reader.array.shape[1:]}: "
        f"{reason}.",
        remedy,
    )


RULES: tuple[Rule, ...] = (channels_in_front, time_and_features_swapped, sequence_of_one_step)
