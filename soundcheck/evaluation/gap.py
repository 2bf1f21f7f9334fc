"""The gap between the accuracies of the three splits, with what explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import newcombe_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Every network that learns is somewhat better on what it was trained on; from a tenth on it is worth a word.
OVERFITTED_DIFFERENCE = 0.1

SELECTION_SENTENCE = (
    "The epoch was chosen by its validation accuracy, which makes that figure a little too good; the test "
    "accuracy chose nothing and is the one to quote."
)


@dataclass(frozen=True)
class Gap:
    """Validation against test accuracy, and training against validation.

    Attributes:
        train_accuracy: Of the chosen weights on the training clips, without dropout.
        validation_accuracy: On the clips that chose the epoch.
        test_accuracy: On the clips that chose nothing.
        difference: Validation minus test accuracy.
        lower: Lower end of the difference's interval.
        upper: Upper end of it.
        within_chance: Whether the interval contains 0.
        overfitted: Whether the network is better on the training clips than on the validation clips, see
            `is_overfitted`.
        sentences: The explanation, in plain words.
    """

    train_accuracy: float
    validation_accuracy: float
    test_accuracy: float
    difference: float
    lower: float
    upper: float
    within_chance: bool
    overfitted: bool
    sentences: tuple[str, ...]


def explain_gap(
    train_correct: NDArray[np.bool_],
    validation_correct: NDArray[np.bool_],
    test_correct: NDArray[np.bool_],
    confidence: float = 0.95,
) -> Gap:
    """Compares the splits and says in plain words what the differences mean.

    Args:
        train_correct: Whether each training clip was recognised, (clips,).
        validation_correct: The same of the validation clips.
        test_correct: The same of the test clips.
        confidence: Level of the intervals.

    Raises:
        SoundcheckError: where a split has no clip.
    """
    splits = {"train": train_correct, "validation": validation_correct, "test": test_correct}
    for name, correct in splits.items():
        if not len(correct):
            raise SoundcheckError(f"{name}_correct has no clip; each split needs at least one")
    train, validation, test = (float(np.mean(correct)) for correct in splits.values())
    lower, upper = difference_interval(validation_correct, test_correct, confidence)
    overfitted = is_overfitted(train_correct, validation_correct, confidence)
    sentences = (
        _chance_sentence(validation, test, lower, upper, confidence),
        _overfitting_sentence(train, validation, overfitted),
        SELECTION_SENTENCE,
    )
    return Gap(
        train_accuracy=train,
        validation_accuracy=validation,
        test_accuracy=test,
        difference=validation - test,
        lower=lower,
        upper=upper,
        within_chance=lower <= 0 <= upper,
        overfitted=overfitted,
        sentences=sentences,
    )


def difference_interval(
    correct: NDArray[np.bool_], other_correct: NDArray[np.bool_], confidence: float = 0.95
) -> tuple[float, float]:
    """Newcombe's interval of the accuracy on some clips minus that on others, see `newcombe_interval`."""
    return newcombe_interval(
        int(np.sum(correct)), len(correct), int(np.sum(other_correct)), len(other_correct), confidence
    )


def is_overfitted(
    train_correct: NDArray[np.bool_], unseen_correct: NDArray[np.bool_], confidence: float = 0.95
) -> bool:
    """Whether a model is better on its training clips than on unseen ones, beyond chance and beyond a tenth.

    Both must hold: the difference of the accuracies exceeds 0.1, and its interval lies above 0, so that a few
    unseen clips cannot accuse a model.
    """
    lower, _ = difference_interval(train_correct, unseen_correct, confidence)
    return bool(np.mean(train_correct) - np.mean(unseen_correct) > OVERFITTED_DIFFERENCE and lower > 0)


def _chance_sentence(validation: float, test: float, lower: float, upper: float, confidence: float) -> str:
    figures = (
        f"Validation accuracy {validation:.3f}, test accuracy {test:.3f}: a difference of "
        f"{validation - test:+.3f}, {confidence:.0%} interval {lower:+.3f} to {upper:+.3f}."
    )
    if lower <= 0 <= upper:
        return f"{figures} Splits of this size differ as much by chance."
    easier = "validation" if lower > 0 else "test"
    return (
        f"{figures} That is more than chance explains: the {easier} clips are easier, or more like the "
        "training clips."
    )


def _overfitting_sentence(train: float, validation: float, overfitted: bool) -> str:
    figures = f"Training accuracy {train:.3f} is {train - validation:+.3f} against validation"
    if overfitted:
        return f"{figures}: the network has overfitted; more clips, augmentation or fewer epochs would help."
    return f"{figures}: no sign of overfitting beyond the usual."
