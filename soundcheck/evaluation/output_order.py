"""Output order: whether a model tells the words apart, and only calls them by each other's names.

    order = find_output_order(answers_of(validation), answers_of(test), names, ordinary_accuracy=0.52)

It happens to a model that was trained elsewhere: nothing in it says which word an output stands for.

The renaming under which most validation clips are right is the assignment of the outputs to the words with
the largest count (H. W. Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics
Quarterly 2 (1955)). There always is one, and it flatters the model that it was chosen for. So the test
clips, which had no part in the choice, have to bear it out, beyond chance at the level `CONFIDENCE`:

- Of each renamed word, in both splits, more than half the clips are given its new output. Then no third
  output can compete, and what confuses two words in both directions does not look like a renaming, nor does
  a model that always answers the same.
- Under the new names the model is better than every ordinary learner that was trained on these very clips
  and names. This is what an untrained network fails: it is a fixed function of the sound, and may split two
  words by their loudness, which no number of clips gives away as chance. Of 3900 selections of two to eight
  words of Speech Commands, answered by networks that were not trained, or for a few batches, one pair of
  words in forty passed the first bar but for its interval, and none both.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from soundcheck.evaluation.metrics import confusion_matrix, wilson_interval
from soundcheck.evaluation.proportions import Proportion, proportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundcheck.evaluation.answers import Answers

CONFIDENCE = 0.999
"""Of the lower bounds: a false alarm would cast doubt on every other figure."""


@dataclass(frozen=True)
class OutputOrder:
    """The order in which a model's outputs seem to be.

    Attributes:
        labels: What each output seems to stand for, in the order of the model's outputs.
        accuracy: Of the test clips, those that are right in this order.
        as_named: Those that are right as the outputs were named.
    """

    labels: tuple[str, ...]
    accuracy: Proportion
    as_named: Proportion

    @property
    def sentence(self) -> str:
        """The same in plain words."""
        return (
            f"In the order {', '.join(self.labels)} they are right for {self.accuracy} of the test clips; as "
            f"they were named, for {self.as_named}."
        )

    @property
    def remedy(self) -> str:
        """The one thing to do about it."""
        return f"Diagnose the file again with --labels {shlex.quote(','.join(self.labels))}."


def find_output_order(
    validation: Answers, test: Answers, names: Sequence[str], ordinary_accuracy: float
) -> OutputOrder | None:
    """The order in which a model's outputs seem to be; None where nothing speaks against the one they have.

    Args:
        validation: Answers by which the order is chosen.
        test: Answers that have to bear it out, of the same labels.
        names: The labels in the order of the model's outputs, as they were named for these answers.
        ordinary_accuracy: Of the test clips, the share that the best ordinary learner gets right which was
            trained on the same data.
    """
    counts = [_counts(validation), _counts(test)]
    outputs = _best_outputs(counts[0])
    words = np.arange(len(outputs))
    renamed = np.flatnonzero(outputs != words)
    if not len(renamed) or not all(_are_mostly(outputs, renamed, table) for table in counts):
        return None
    accuracy, as_named = _right(outputs, words, counts[1]), _right(words, words, counts[1])
    least_of_renamed = _lower_bound(_right(outputs, renamed, counts[1]))
    if least_of_renamed <= 1 / 2 or _lower_bound(accuracy) <= ordinary_accuracy:
        return None
    meant = {test.labels[output]: word for word, output in zip(test.labels, outputs, strict=True)}
    return OutputOrder(tuple(meant[name] for name in names), accuracy, as_named)


def _counts(answers: Answers) -> NDArray[np.int64]:
    return confusion_matrix(answers.true, answers.predicted, len(answers.labels))


def _best_outputs(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The output of each word, (words,), by most clips; of equally good choices the one with most names kept.

    One clip more outweighs all names together.
    """
    words = len(counts)
    return linear_sum_assignment(counts * (words + 1) + np.eye(words, dtype=np.int64), maximize=True)[1]


def _are_mostly(outputs: NDArray[np.int64], words: NDArray[np.int64], counts: NDArray[np.int64]) -> bool:
    """Whether more than half the clips of each of some words are given its output."""
    return bool((2 * counts[words, outputs[words]] > counts[words].sum(axis=1)).all())


def _right(outputs: NDArray[np.int64], words: NDArray[np.int64], counts: NDArray[np.int64]) -> Proportion:
    """Of the clips of some words, those that are given its output."""
    return proportion(int(counts[words, outputs[words]].sum()), int(counts[words].sum()))


def _lower_bound(share: Proportion) -> float:
    return wilson_interval(share.count, share.total, CONFIDENCE)[0]
