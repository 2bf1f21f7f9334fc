"""Conditions: the values of a column, or ranges of them, that split clips into groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

NOT_MEASURED = "not measured"
EMPTY = "(empty)"

_IN_WORDS = {
    "file_format": ("file format", ""),
    "rms": ("loudness (RMS)", ""),
    "duration_s": ("length", " s"),
    "speech_contrast_db": ("speech above background", " dB"),
    "edge_level_db": ("level at the ends", " dB"),
    "clipped_fraction": ("share of samples at full scale", ""),
    "bandwidth_hz": ("bandwidth", " Hz"),
    "sample_rate_hz": ("sample rate", " Hz"),
}
"""Our own measures, with their units; a user's columns are called what they are called."""


@dataclass(frozen=True)
class Condition:
    """What is asked of a column: that it is one value, or lies in a range.

    Attributes:
        column: Of the manifest.
        value: The value, as text; "" for a range.
        lowest: The lowest number that occurs in the range; None for a value.
        highest: The highest.
    """

    column: str
    value: str = ""
    lowest: float | None = None
    highest: float | None = None

    @property
    def name(self) -> str:
        """In words: `label = go`, or `length 0.61 to 0.93 s`."""
        quantity, unit = _IN_WORDS.get(self.column, (self.column, ""))
        if self.lowest is None or self.highest is None:
            return f"{quantity} = {self.value}"
        if self.lowest == self.highest:
            return f"{quantity} = {self.lowest:.3g}{unit}"
        return f"{quantity} {self.lowest:.3g} to {self.highest:.3g}{unit}"


def conditions_of(
    table: pd.DataFrame, quantiles: int, min_clips: int
) -> tuple[list[Condition], NDArray[np.bool_]]:
    """The conditions that hold of enough clips, and fail of enough.

    Args:
        table: A row a clip. Numbers are cut at their quantiles, where these differ; of anything else, and of
            truth values, each value is a condition. That a number is not there is one as well.
        quantiles: Into how many parts numbers are cut.
        min_clips: Fewest clips of a condition, and of the rest.

    Returns:
        The conditions, in the order of the columns and of their values; and of which clips each holds,
        (conditions, clips).
    """
    import pandas as pd

    conditions: list[Condition] = []
    members: list[NDArray[np.bool_]] = []
    for column in table.columns:
        for condition, holds in _parts(pd.Series(table[column]), quantiles, min_clips):
            if min_clips <= np.count_nonzero(holds) <= len(table) - min_clips:
                conditions.append(condition)
                members.append(holds)
    return conditions, np.array(members, np.bool_).reshape(len(members), len(table))


def too_small_in(table: pd.DataFrame, quantiles: int, min_clips: int) -> tuple[str, ...]:
    """In words, what divides the clips into parts of which none is large enough, such as `speaker`.

    Args:
        table: A row a clip, see `conditions_of`.
        quantiles: Into how many parts numbers are cut.
        min_clips: Fewest clips of a condition.
    """
    import pandas as pd

    names: list[str] = []
    for column in table.columns:
        series = pd.Series(table[column])
        parts = _parts(series, quantiles, min_clips)
        varies = series.nunique(dropna=False) > 1
        if varies and not any(np.count_nonzero(holds) >= min_clips for _, holds in parts):
            quantity, _ = _IN_WORDS.get(column, (column, ""))
            names.append(f"range of {quantity}" if _is_number(series) else quantity)
    return tuple(names)


def _is_number(series: pd.Series) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)


def _parts(
    series: pd.Series, quantiles: int, min_clips: int
) -> Iterator[tuple[Condition, NDArray[np.bool_]]]:
    return _ranges(series, quantiles) if _is_number(series) else _values(series, min_clips)


def _values(series: pd.Series, min_clips: int) -> Iterator[tuple[Condition, NDArray[np.bool_]]]:
    texts = series.astype("str").fillna(NOT_MEASURED).replace("", EMPTY)
    places, values = texts.factorize(sort=True)
    for place in np.flatnonzero(np.bincount(places) >= min_clips):  # most speakers have fewer
        yield Condition(str(series.name), str(values[place])), places == place


def _ranges(series: pd.Series, quantiles: int) -> Iterator[tuple[Condition, NDArray[np.bool_]]]:
    column, numbers = str(series.name), series.to_numpy(np.float64, na_value=np.nan)
    missing = np.isnan(numbers)
    if missing.any():
        yield Condition(column, NOT_MEASURED), missing
    if missing.all():
        return
    places = np.searchsorted(_cuts(numbers[~missing], quantiles), numbers)
    for place in np.unique(places[~missing]):
        holds = (places == place) & ~missing
        low, high = float(numbers[holds].min()), float(numbers[holds].max())
        yield Condition(column, lowest=low, highest=high), holds


def _cuts(numbers: NDArray[np.float64], quantiles: int) -> NDArray[np.float64]:
    """The highest number of each range but the last.

    A value that so many clips have that it fills a range, such as the length of most clips, is a range of its
    own: there is a cut at it and one right below, which a quantile alone would not give.
    """
    shares = np.linspace(0, 1, quantiles + 1)[1:]
    at_quantiles = np.quantile(numbers, shares, method="inverted_cdf")
    values, counts = np.unique(numbers, return_counts=True)
    heavy = np.flatnonzero(counts * quantiles >= len(numbers))
    right_below = values[np.maximum(heavy - 1, 0)]
    cuts = np.unique(np.concatenate([at_quantiles, values[heavy], right_below]))
    return cuts[cuts < values[-1]]
