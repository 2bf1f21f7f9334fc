"""Out-of-fold predictions: what a cheap classifier says of a clip after learning from the others only.

Ridge regression of the labels on the matches of `soundcheck.audit.snippets`. All that the solution without
a fold takes of it are its sums of products: each clip is described once and enters one sum. So time is linear
in the number of clips, and of memory only the descriptions are, 3 KB a clip, which lie in a temporary file
that the operating system keeps in memory as long as there is room.

Of the real 8000 clips, speakers apart, this gets 0.916 right in 4 CPU-s (`benchmarks/label_audit.py`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from soundcheck.audit.folds import deal_clips, is_known_elsewhere
from soundcheck.audit.snippets import REGIONS, best_matches, centred_levels, level_step_ms, snippet_filters
from soundcheck.evaluation.metrics import wilson_interval
from soundcheck.features.reading import batches

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import AuditConfig, FeaturesConfig
    from soundcheck.features.index import Parts, ShardIndex

PENALTY = 0.3
"""Of the ridge, times the clips it is fitted on, for matches of unit variance."""

_CLIPS_AT_ONCE = 64
_ROWS_AT_ONCE = 2048
_SAMPLE_CLIPS = 2000
_LEAST_VARIANCE = 1e-6  # of a match: less is the rounding of float16, as among silent clips
_LOGARITHMS_OF_SHARPNESS = (-3.0, 5.0)


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for clips by models that were fitted without them, their speakers and their duplicates.

    Attributes:
        labels: the names of the classes, sorted.
        given: (clips,) class index that each clip is labelled with.
        probabilities: (clips, labels) float64, rows sum to 1.
        is_judged: (clips,) bool: false where the model has seen no other clip of that label, as where one
            speaker alone says it. Nothing can be said of such a label; nor of any, where all but one are
            such.
    """

    labels: tuple[str, ...]
    given: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    is_judged: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """Share of the judged clips whose label is the most probable one; 0 where there are none."""
        right = self.probabilities.argmax(axis=1) == self.given
        return float(right[self.is_judged].mean()) if self.is_judged.any() else 0.0

    @property
    def chance(self) -> float:
        """What the most frequent label would get right of the judged clips; 1 where there are none."""
        counts = np.bincount(self.given[self.is_judged])
        return float(counts.max() / counts.sum()) if len(counts) else 1.0

    @property
    def skill(self) -> float:
        """How far from chance to perfection the model certainly is: by the lower end of Wilson's interval."""
        judged = np.count_nonzero(self.is_judged)
        if self.chance == 1:
            return 0.0
        lower, _ = wilson_interval(round(self.accuracy * judged), judged)
        return (lower - self.chance) / (1 - self.chance)


def predict_out_of_fold(
    clips: pd.DataFrame, index: ShardIndex, parts: Parts, features: FeaturesConfig, audit: AuditConfig
) -> OutOfFold:
    """Predicts each clip's label from the clips of other folds.

    Args:
        clips: the usable rows of a manifest.
        index: where their features are.
        parts: where the shards are.
        features: what the features are.
        audit: `folds`, `snippets` and `seed`; the same seed gives the same bits on the same machine.

    Returns:
        A prediction for each clip; guesses that judge none, where fewer than two labels have clips of two
        different sounds.

    Raises:
        ValueError: where the index does not hold a clip.
    """
    from threadpoolctl import threadpool_limits

    numbers, names = clips["label"].factorize(sort=True)
    given, labels = numbers.astype(np.int64), tuple(map(str, names))
    folds = deal_clips(clips, given, audit.folds, audit.seed).numbers
    is_judged = is_known_elsewhere(given, folds)
    if len(np.unique(given[is_judged])) < 2:  # noqa: PLR2004
        guesses = np.full((len(clips), len(labels)), 1 / len(labels))
        return OutOfFold(labels, given, guesses, np.zeros(len(clips), np.bool_))
    with threadpool_limits(1, user_api="blas"):  # these products are small: threads would wait for each other
        matches = _described(clips, index, parts, features, audit)
        scores = _held_out_scores(matches, given, folds)
    return OutOfFold(labels, given, _probabilities(scores, given, is_judged), is_judged)


def _described(
    clips: pd.DataFrame, index: ShardIndex, parts: Parts, features: FeaturesConfig, audit: AuditConfig
) -> NDArray[np.float16]:
    """The matches of each clip with snippets of some of them: (clips, matches), in a temporary file."""
    generator = np.random.default_rng(audit.seed)
    drawn = np.sort(generator.choice(len(clips), min(_SAMPLE_CLIPS, len(clips)), replace=False))
    sample = _levels(clips.iloc[drawn], index, parts, features)
    step_ms = level_step_ms(features)
    filters = snippet_filters(sample, step_ms, audit.snippets, generator)
    progress = tqdm(total=len(clips), desc="label audit", unit="clip", disable=None, leave=False)
    with tempfile.TemporaryFile() as file, progress:
        # Written before it is mapped: to write to a map of a full disk would kill the process.
        for levels in _levels(clips, index, parts, features):
            file.write(best_matches(levels, step_ms, filters).astype(np.float16).tobytes())
            progress.update(len(levels))
        file.flush()
        # Once mapped, the file lives as long as the map does.
        return np.memmap(file, np.float16, "r", shape=(len(clips), REGIONS * audit.snippets))


def _levels(
    clips: pd.DataFrame, index: ShardIndex, parts: Parts, features: FeaturesConfig
) -> Iterator[NDArray[np.float32]]:
    for batch in batches(clips, index, parts, _CLIPS_AT_ONCE):
        yield centred_levels(batch, features)


@dataclass(frozen=True)
class _Inputs:
    """Matches as the regression takes them: of zero mean and unit variance, with a one for the intercept."""

    matches: NDArray[np.float16]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, matches: NDArray[np.float16]) -> _Inputs:
        total, squares = np.zeros((2, matches.shape[1]))
        for rows in _in_turn(np.arange(len(matches))):
            values = matches[rows].astype(np.float64)
            total += values.sum(axis=0)
            squares += np.square(values).sum(axis=0)
        mean = total / len(matches)
        variance = np.maximum(squares / len(matches) - np.square(mean), _LEAST_VARIANCE)
        return cls(matches, mean, np.sqrt(variance))

    def rows(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(rows, matches + 1)."""
        inputs = np.ones((len(rows), len(self.mean) + 1), np.float32)
        inputs[:, :-1] = (self.matches[rows] - self.mean) / self.deviation
        return inputs


def _held_out_scores(
    matches: NDArray[np.float16], given: NDArray[np.int64], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Scores of the labels (clips, labels), about 1 for the right one, fitted on the other folds."""
    inputs = _Inputs.of(matches)
    one_hot = np.eye(given.max() + 1, dtype=np.float32)[given]
    members = [np.flatnonzero(folds == fold) for fold in range(folds.max() + 1)]
    products = [_products(inputs, one_hot, rows) for rows in members]
    gram = np.sum([gram for gram, _ in products], axis=0)
    targets = np.sum([targets for _, targets in products], axis=0)
    scores = np.empty(one_hot.shape, np.float64)
    for held_out, (own_gram, own_targets) in zip(members, products, strict=True):
        penalised = gram - own_gram
        penalised[np.diag_indices(matches.shape[1])] += PENALTY * (len(given) - len(held_out))
        weights = np.linalg.solve(penalised, targets - own_targets)
        for rows in _in_turn(held_out):
            scores[rows] = inputs.rows(rows) @ weights
    return scores


def _products(
    inputs: _Inputs, one_hot: NDArray[np.float32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums over rows of the products of inputs with each other and with the labels."""
    size = len(inputs.mean) + 1
    gram, targets = np.zeros((size, size)), np.zeros((size, one_hot.shape[1]))
    for some in _in_turn(rows):
        values = inputs.rows(some)
        gram += values.T @ values
        targets += values.T @ one_hot[some]
    return gram, targets


def _in_turn(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    return (rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE))


def _probabilities(
    scores: NDArray[np.float64], given: NDArray[np.int64], is_judged: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Softmax of the scores, as sharp as makes the given labels most likely over the judged clips.

    That one number is all that predictions learn from their own clips' labels (temperature scaling: Guo et
    al., "On Calibration of Modern Neural Networks", ICML 2017).
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    judged, labels = scores[is_judged], given[is_judged, np.newaxis]

    def surprise(logarithm: float) -> float:
        by_label = log_softmax(judged * np.exp(logarithm), axis=1)
        return -float(np.take_along_axis(by_label, labels, axis=1).mean())

    found = minimize_scalar(surprise, bounds=_LOGARITHMS_OF_SHARPNESS, method="bounded")
    return np.exp(log_softmax(scores * np.exp(found.x), axis=1))
