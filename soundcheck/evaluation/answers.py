"""Answers: a predictions table as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.errors import SoundcheckError, nearest
from soundcheck.evaluation.predictions import PROBABILITY_PREFIX

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model says of some clips, and what is true.

    Attributes:
        labels: Names of the classes; a name's place is its class index.
        true: Class indices, (clips,).
        probabilities: (clips, labels).
    """

    labels: tuple[str, ...]
    true: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each clip, (clips,); of equally probable ones the first."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Its probability, (clips,)."""
        return self.probabilities.max(axis=1)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether it is the true one, (clips,)."""
        return self.predicted == self.true

    @property
    def true_probability(self) -> NDArray[np.float64]:
        """The probability of the true class, (clips,)."""
        return np.take_along_axis(self.probabilities, self.true[:, np.newaxis], axis=1)[:, 0]

    @property
    def margin(self) -> NDArray[np.float64]:
        """The probability of the most probable class less that of the next, (clips,)."""
        next_best, best = np.partition(self.probabilities, (-2, -1), axis=1)[:, -2:].T
        return best - next_best


def answers_of(predictions: pd.DataFrame) -> Answers:
    """The arrays of a predictions table, in the order of its rows.

    Args:
        predictions: As `soundcheck.evaluation.predictions.predictions_table` makes it, or some rows of it.

    Raises:
        SoundcheckError: where there is no row, there are fewer than two columns `probability/<label>`, or a
            clip has a label that is none of theirs.
    """
    columns = [name for name in predictions.columns if name.startswith(PROBABILITY_PREFIX)]
    labels = [name.removeprefix(PROBABILITY_PREFIX) for name in columns]
    if len(labels) < 2:  # noqa: PLR2004
        raise SoundcheckError(
            f"predictions has {len(labels)} columns {PROBABILITY_PREFIX}<label>; give the table that "
            "predictions_table makes, of a model with two labels or more"
        )
    if not len(predictions):
        raise SoundcheckError("predictions has no row; give a split that has clips")
    places = {label: place for place, label in enumerate(labels)}
    strange = sorted(set(predictions["label"]) - set(places))
    if strange:
        raise SoundcheckError(
            f"predictions has clips of {strange[0]!r}, which the model does not know; its labels are "
            f"{', '.join(labels)}{nearest(strange[0], labels)}"
        )
    true = np.array([places[label] for label in predictions["label"]], np.int64)
    return Answers(tuple(labels), true, predictions[columns].to_numpy(np.float64))
