"""Confusions: which words are taken for which, and the clips that show it best.

All orders are those of the table's content: the order of its rows does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.evaluation.answers import Answers, answers_of
from soundcheck.evaluation.metrics import confusion_matrix
from soundcheck.evaluation.proportions import Proportion, proportion

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class JudgedClip:
    """What a model says of one clip.

    Attributes:
        path: The clip's name in the manifest.
        clip_digest: Where its features are found.
        label: What is said in it.
        predicted: What the model says it is.
        confidence: The probability of that.
        true_probability: The probability of `label`.
        margin: `confidence` less the probability of the next best label.
    """

    path: str
    clip_digest: str
    label: str
    predicted: str
    confidence: float
    true_probability: float
    margin: float


@dataclass(frozen=True)
class Confusion:
    """A word that is taken for another.

    Attributes:
        label: The true word.
        predicted: What it is taken for.
        share: Of the true word's clips, with its interval; `share.count` clips.
        worst: The most confident of these mistakes, the worst first.
    """

    label: str
    predicted: str
    share: Proportion
    worst: tuple[JudgedClip, ...]


def top_confusions(
    predictions: pd.DataFrame, count: int = 10, clips: int = 3, confidence: float = 0.95
) -> tuple[Confusion, ...]:
    """The pairs of words that are confused most often.

    Args:
        predictions: Rows of a predictions table.
        count: At most so many pairs.
        clips: At most so many clips of each pair.
        confidence: Level of the intervals.

    Returns:
        By number of clips, then by share, then by name.

    Raises:
        SoundcheckError: see `answers_of`.
    """
    answers = answers_of(predictions)
    matrix = confusion_matrix(answers.true, answers.predicted, len(answers.labels))
    clips_of_label = matrix.sum(axis=1)
    np.fill_diagonal(matrix, 0)
    pairs = sorted(
        zip(*np.nonzero(matrix), strict=True),
        key=lambda pair: (
            -matrix[pair],
            clips_of_label[pair[0]],
            answers.labels[pair[0]],
            answers.labels[pair[1]],
        ),
    )
    return tuple(
        Confusion(
            label=answers.labels[label],
            predicted=answers.labels[predicted],
            share=proportion(int(matrix[label, predicted]), int(clips_of_label[label]), confidence),
            worst=_most_confident(predictions, answers, label, predicted, clips),
        )
        for label, predicted in pairs[:count]
    )


def hardest_clips(predictions: pd.DataFrame, count: int = 10) -> tuple[JudgedClip, ...]:
    """The clips whose true label is least probable to the model, the hardest first.

    Raises:
        SoundcheckError: see `answers_of`.
    """
    answers = answers_of(predictions)
    return _judged(predictions, answers, _lowest(answers.true_probability, predictions, count))


def most_doubtful_clips(predictions: pd.DataFrame, count: int = 10) -> tuple[JudgedClip, ...]:
    """The clips between whose two best labels the model decides least clearly, rightly or not.

    Raises:
        SoundcheckError: see `answers_of`.
    """
    answers = answers_of(predictions)
    return _judged(predictions, answers, _lowest(answers.margin, predictions, count))


def _most_confident(
    predictions: pd.DataFrame, answers: Answers, label: int, predicted: int, count: int
) -> tuple[JudgedClip, ...]:
    confused = (answers.true == label) & (answers.predicted == predicted)
    rows = _lowest(np.where(confused, -answers.confidence, np.inf), predictions, count)
    return _judged(predictions, answers, rows[confused[rows]])


def _lowest(values: NDArray[np.float64], predictions: pd.DataFrame, count: int) -> NDArray[np.int64]:
    """The rows with the lowest values, the lowest first; of equal ones by path."""
    return np.lexsort((predictions["path"].to_numpy(str), values))[:count]


def _judged(predictions: pd.DataFrame, answers: Answers, rows: NDArray[np.int64]) -> tuple[JudgedClip, ...]:
    paths, digests = (predictions[column].to_numpy(str)[rows] for column in ("path", "clip_digest"))
    confidence, true_probability, margin = answers.confidence, answers.true_probability, answers.margin
    return tuple(
        JudgedClip(
            path=str(path),
            clip_digest=str(digest),
            label=answers.labels[answers.true[row]],
            predicted=answers.labels[answers.predicted[row]],
            confidence=float(confidence[row]),
            true_probability=float(true_probability[row]),
            margin=float(margin[row]),
        )
        for row, path, digest in zip(rows, paths, digests, strict=True)
    )
