"""Slices: on which clips a model is worse than on the rest, found among all columns of the manifest.

Whoever looks at hundreds of slices finds a bad one by chance. So a slice is only called worse where its
difference from the rest of the clips holds against the number of slices that were looked at.

The idea of looking at single conditions and then at pairs, each tested and corrected for how many there are,
is that of Y. Chung, T. Kraska, N. Polyzotis, K. H. Tae and S. E. Whang, "Slice Finder: Automated Data Slicing
for Model Validation", ICDE 2019, arXiv:1807.06068; the test here is exact and the correction Bonferroni's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.errors import SoundcheckError, nearest
from soundcheck.evaluation.conditions import Condition, conditions_of, too_small_in
from soundcheck.evaluation.metrics import newcombe_interval
from soundcheck.evaluation.proportions import Proportion, proportion
from soundcheck.evaluation.speakers import SpeakerTest, compare_speakers

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

COLUMNS = (
    "label",
    "speaker",
    "source",
    "file_format",
    "rms",
    "duration_s",
    "speech_contrast_db",
    "edge_level_db",
    "clipped_fraction",
    "bandwidth_hz",
    "sample_rate_hz",
    "channels",
)
"""What is looked at unless columns are named, where the manifest has it. The other measures of quality tell
much the same as these, and every further slice makes the others harder to find.

`source` and `file_format` are read off a clip's `file`: the folders above that of its label, as in
`phone/yes/1.wav`, and the suffix."""

MIN_CLIPS = 20
"""Of fewer, Wilson's interval may be wider than 0.4: little could be said of such a slice."""


@dataclass(frozen=True)
class Slice:
    """Clips that one or two conditions hold of.

    Attributes:
        conditions: One or two.
        accuracy: Of the slice, with its interval.
        rest: Of all other clips, with its interval.
        difference: `rest` minus `accuracy`: positive where the slice is worse.
        difference_lower: Lower end of Newcombe's interval.
        difference_upper: Upper end of it.
        p_value: How probable it is that as many mistakes, or more, fall into the slice if it is no worse than
            the rest (Fisher's exact test, one-sided); of a pair, nor than the rest of either condition's
            clips.
        corrected_p_value: How probable it is that any slice looked at has as low a p-value, at most.
    """

    conditions: tuple[Condition, ...]
    accuracy: Proportion
    rest: Proportion
    difference: float
    difference_lower: float
    difference_upper: float
    p_value: float
    corrected_p_value: float

    @property
    def name(self) -> str:
        """The conditions in words."""
        return " and ".join(condition.name for condition in self.conditions)


@dataclass(frozen=True)
class Slices:
    """All slices by one condition, and the slices that are worse than the rest of the clips.

    Attributes:
        accuracy: Of all clips.
        single: By one condition, in the order of the columns and of their values.
        worst: Of one or two conditions, those that are worse beyond chance, the clearest first.
        pairs_looked_at: Number of slices by two conditions.
        level: How probable it is, at most, that `worst` holds any slice that is no worse.
        min_clips: Smaller slices were not looked at, nor those with a smaller rest.
        too_small: What divides the clips into parts that are all smaller, in words, such as `speaker`.
        speakers: Whether errors differ between speakers, however few clips each has; None where that cannot
            be asked.
    """

    accuracy: Proportion
    single: tuple[Slice, ...]
    worst: tuple[Slice, ...]
    pairs_looked_at: int
    level: float
    min_clips: int
    too_small: tuple[str, ...] = ()
    speakers: SpeakerTest | None = None

    @property
    def looked_at(self) -> int:
        """Number of slices."""
        return len(self.single) + self.pairs_looked_at

    @property
    def show_a_difference(self) -> bool:
        """Whether any clips are recognised worse than others beyond chance."""
        return bool(self.worst) or (self.speakers is not None and self.speakers.is_beyond_chance)

    def summary(self) -> str:
        """What was found, and what could not be looked at, in plain sentences."""
        sentences = [self._found(), self._not_looked_at(), self.speakers.sentence if self.speakers else ""]
        return " ".join(sentence for sentence in sentences if sentence)

    def _found(self) -> str:
        if not self.looked_at:
            return (
                f"No slice was looked at: of the {self.accuracy.total} test clips no condition holds of "
                f"{self.min_clips} and fails of as many."
            )
        if not self.worst:
            return f"Of {self.looked_at} slices of the test clips none is worse than the rest beyond chance."
        worst, others = self.worst[0], len(self.worst) - 1
        more = f"; {others} more of {self.looked_at} slices are worse beyond chance" if others else ""
        return (
            f"Clips with {worst.name} are recognised worse than the rest: accuracy {worst.accuracy} against "
            f"{worst.rest}{more}."
        )

    def _not_looked_at(self) -> str:
        if not (self.looked_at and self.too_small):
            return ""
        *others, last = self.too_small
        names = f"{', '.join(others)} or {last}" if others else last
        return f"No {names} has {self.min_clips} test clips, so that none is a slice."


def find_slices(
    predictions: pd.DataFrame,
    manifest: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    quantiles: int = 4,
    min_clips: int = MIN_CLIPS,
    level: float = 0.05,
    confidence: float = 0.95,
) -> Slices:
    """Looks at the slices by each column and by each two of them.

    The test takes the clips as independent. Where a few speakers have most of the clips, look at the slices
    by speaker first: what seems to be loudness may be one of them.

    Args:
        predictions: Rows of a predictions table, of clips that the model did not see in training.
        manifest: Has a row for the path of each; its columns are what is sliced by.
        columns: Of the manifest; `COLUMNS` where it has them, if none are given. Numbers are cut at their
            quantiles, of anything else each value is a slice.
        quantiles: Into how many parts numbers are cut.
        min_clips: Fewest clips of a slice, and of the rest.
        level: How probable it may be that any slice is wrongly called worse.
        confidence: Level of the intervals.

    Raises:
        SoundcheckError: without a row, for a column or a clip that the manifest does not have, less than two
            quantiles or one clip, or a level that is not between 0 and 1.
    """
    _check(predictions, quantiles, min_clips, level)
    table = _joined(predictions, manifest, columns)
    conditions, members = conditions_of(table, quantiles, min_clips)
    counts = _count(members, ~predictions["correct"].to_numpy(np.bool_))
    pairs = _pairs(conditions, counts, min_clips)
    # Singles and pairs share the level equally: hundreds of pairs shall not hide what a single column shows.
    families = 2 if pairs.size else 1
    single = _slices(conditions, counts, _judge_single(counts, families), confidence)
    of_pairs = _slices(conditions, counts, _judge_pairs(counts, pairs, families), confidence, level)
    worst = [one for one in (*single, *of_pairs) if one.corrected_p_value <= level]
    return Slices(
        accuracy=proportion(counts.clips - counts.wrong, counts.clips, confidence),
        single=tuple(single),
        worst=tuple(sorted(worst, key=lambda one: (one.corrected_p_value, one.p_value, one.name))),
        pairs_looked_at=pairs.shape[1],
        level=level,
        min_clips=min_clips,
        too_small=too_small_in(table, quantiles, min_clips),
        speakers=_compare_speakers(predictions, table, level, confidence),
    )


def _compare_speakers(
    predictions: pd.DataFrame, table: pd.DataFrame, level: float, confidence: float
) -> SpeakerTest | None:
    """Where speakers are among the columns that were asked for."""
    if "speaker" not in table.columns:
        return None
    return compare_speakers(
        table["speaker"].to_numpy(str),
        predictions["label"].to_numpy(str),
        ~predictions["correct"].to_numpy(np.bool_),
        level,
        confidence,
    )


@dataclass(frozen=True, eq=False)
class _Counts:
    """Clips and mistakes: of all, and where two conditions hold, on the diagonal where one does."""

    clips: int
    wrong: int
    clips_of: NDArray[np.int64]
    wrong_of: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Tests:
    """Slices by their conditions, twice the same for one condition, with their p-values; all (slices,).

    `families` is how many such sets of slices share the level.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    p_values: NDArray[np.float64]
    families: int

    @property
    def corrected(self) -> NDArray[np.float64]:
        """Bonferroni's: how probable it is that any of so many slices has as low a p-value."""
        return np.minimum(1.0, self.p_values * len(self.p_values) * self.families)


def _count(members: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> _Counts:
    # In float32 the products are BLAS's, and exact up to 2 ** 24 clips.
    clips, mistakes = members.astype(np.float32), (members & wrong).astype(np.float32)
    return _Counts(
        clips=len(wrong),
        wrong=int(np.count_nonzero(wrong)),
        clips_of=(clips @ clips.T).astype(np.int64),
        wrong_of=(mistakes @ mistakes.T).astype(np.int64),
    )


def _pairs(conditions: Sequence[Condition], counts: _Counts, min_clips: int) -> NDArray[np.int64]:
    """Conditions on two columns, (2, pairs), that have enough clips in common, and apart from each other.

    Which these are must not depend on where the mistakes are: each one is counted in the correction.
    """
    columns = np.unique([condition.column for condition in conditions], return_inverse=True)[1]
    first, second = np.triu_indices(len(conditions), 1)
    together = counts.clips_of[first, second]
    alone = np.diag(counts.clips_of)
    fewest_apart = np.minimum(alone[first], alone[second]) - together
    kept = (columns[first] != columns[second]) & (together >= min_clips) & (fewest_apart >= min_clips)
    return np.stack([first[kept], second[kept]])


def _judge_single(counts: _Counts, families: int) -> _Tests:
    places = np.arange(len(counts.clips_of))
    clips, wrong = np.diag(counts.clips_of), np.diag(counts.wrong_of)
    return _Tests(places, places, _p_values(wrong, clips, counts.wrong, counts.clips), families)


def _judge_pairs(counts: _Counts, pairs: NDArray[np.int64], families: int) -> _Tests:
    """A pair must be worse than the rest of all clips, and than the rest of either condition's.

    The greatest of the p-values is that of the hypothesis that one of the three does not hold: without it,
    every part of a bad slice would be reported once more.
    """
    first, second = pairs
    clips, wrong = counts.clips_of[first, second], counts.wrong_of[first, second]
    against_all = _p_values(wrong, clips, counts.wrong, counts.clips)
    against_each = [
        _p_values(wrong, clips, np.diag(counts.wrong_of)[condition], np.diag(counts.clips_of)[condition])
        for condition in (first, second)
    ]
    return _Tests(first, second, np.maximum.reduce([against_all, *against_each]), families)


def _p_values(
    wrong: NDArray[np.int64],
    clips: NDArray[np.int64],
    all_wrong: NDArray[np.int64] | int,
    all_clips: NDArray[np.int64] | int,
) -> NDArray[np.float64]:
    """Fisher's exact test: so many of all mistakes, or more, in so many of all clips."""
    from scipy.stats import hypergeom

    return np.asarray(hypergeom.sf(wrong - 1, all_clips, all_wrong, clips), np.float64)


def _slices(
    conditions: Sequence[Condition], counts: _Counts, tests: _Tests, confidence: float, level: float = 1.0
) -> list[Slice]:
    """Those whose corrected p-value is at most the level; at 1 all of them."""
    places = np.flatnonzero(tests.corrected <= level)
    return [_slice(conditions, counts, tests, int(place), confidence) for place in places]


def _slice(
    conditions: Sequence[Condition], counts: _Counts, tests: _Tests, place: int, confidence: float
) -> Slice:
    first, second = int(tests.first[place]), int(tests.second[place])
    clips, wrong = int(counts.clips_of[first, second]), int(counts.wrong_of[first, second])
    inside = (clips - wrong, clips)
    outside = (counts.clips - counts.wrong - inside[0], counts.clips - clips)
    accuracy, rest = proportion(*inside, confidence), proportion(*outside, confidence)
    lower, upper = newcombe_interval(*outside, *inside, confidence)
    return Slice(
        conditions=tuple(conditions[one] for one in dict.fromkeys((first, second))),
        accuracy=accuracy,
        rest=rest,
        difference=rest.value - accuracy.value,
        difference_lower=lower,
        difference_upper=upper,
        p_value=float(tests.p_values[place]),
        corrected_p_value=float(tests.corrected[place]),
    )


def _check(predictions: pd.DataFrame, quantiles: int, min_clips: int, level: float) -> None:
    if not len(predictions):
        raise SoundcheckError("predictions has no row; give a split that has clips")
    if quantiles < 2:  # noqa: PLR2004
        raise SoundcheckError(f"quantiles must be at least 2; received {quantiles}")
    if min_clips < 1:
        raise SoundcheckError(f"min_clips must be at least 1; received {min_clips}")
    if not 0 < level < 1:
        raise SoundcheckError(f"level must be between 0 and 1; received {level}")


def _joined(predictions: pd.DataFrame, manifest: pd.DataFrame, columns: Sequence[str] | None) -> pd.DataFrame:
    """The manifest's rows of the predicted clips, in their order, with the columns to slice by.

    By path, of which there is no other: two clips may have the same bytes, and so one digest.
    """
    known = [str(column) for column in manifest.columns]
    known += [name for name in _OF_FILES if name not in known] if "file" in known else []
    columns = [name for name in COLUMNS if name in known] if columns is None else columns
    for name in columns:
        if name not in known:
            raise SoundcheckError(
                f"columns names {name!r}, which the manifest does not have{nearest(name, known)}; its "
                f"columns are {', '.join(known)}"
            )
    rows = manifest.set_index("path", drop=False)
    lacking = predictions.loc[~predictions["path"].isin(manifest["path"]), "path"]
    if len(lacking):
        raise SoundcheckError(
            f"manifest has no row for {len(lacking)} clips of predictions, such as {lacking.iloc[0]!r}; give "
            "the manifest that the predictions were made with"
        )
    rows = rows.loc[predictions["path"]].reset_index(drop=True)
    for name in set(columns) - set(manifest.columns):
        rows[name] = [_OF_FILES[name](*values) for values in zip(rows["file"], rows["label"], strict=True)]
    return rows[list(columns)]


def _source_of(file: str, label: str) -> str:
    """The folders above that of the label; "" where there are none."""
    folders = PurePosixPath(file).parts[:-1]
    places = [place for place, folder in enumerate(folders) if folder == label]
    return str(PurePosixPath(*folders[: places[-1]])) if places and places[-1] else ""


def _format_of(file: str, label: str) -> str:  # noqa: ARG001 (one contract)
    return PurePosixPath(file).suffix.lower().removeprefix(".")


_OF_FILES = {"source": _source_of, "file_format": _format_of}
"""What is read off a clip's file and label where the manifest has no such column."""
