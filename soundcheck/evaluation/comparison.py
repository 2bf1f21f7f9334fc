"""Comparing a candidate with the champion, on clips that neither was trained or selected on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from soundcheck.errors import SoundcheckError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Outcome = Literal["pass", "fail", "not comparable"]


@dataclass(frozen=True)
class Verdict:
    """The outcome of a comparison.

    Attributes:
        outcome: `pass` where the candidate is not less accurate, `fail` where it is, `not comparable` where
            the question has no answer.
        why: The reason, in plain words.
        candidate_accuracy: On the comparable clips; None where not comparable.
        champion_accuracy: On the same clips; None where not comparable.
        clips: Number of comparable clips.
    """

    outcome: Outcome
    why: str
    candidate_accuracy: float | None
    champion_accuracy: float | None
    clips: int


def comparable_clips(test_digests: Sequence[str], *seen_digests: Collection[str]) -> NDArray[np.bool_]:
    """Which test clips no model was trained or selected on.

    Args:
        test_digests: Digests of the candidate's test clips.
        seen_digests: For each model, the digests of its training and validation clips. The candidate's own
            belong here as well: a data set may hold the same recording twice, in two splits.

    Returns:
        A mask, (test clips,).
    """
    seen = frozenset[str]().union(*seen_digests)
    return np.array([digest not in seen for digest in test_digests], dtype=np.bool_)


def compare(
    candidate_correct: NDArray[np.bool_],
    champion_correct: NDArray[np.bool_],
    candidate_labels: Sequence[str],
    champion_labels: Sequence[str],
    min_clips: int,
) -> Verdict:
    """Whether the candidate may take the champion's place.

    Args:
        candidate_correct: Whether the candidate recognised each comparable clip, (clips,).
        champion_correct: The same of the champion, for the same clips in the same order.
        candidate_labels: The candidate's labels; order does not matter.
        champion_labels: The champion's labels.
        min_clips: With fewer comparable clips than this the models are not comparable.

    Raises:
        SoundcheckError: where the labels are the same and the two arrays are not of one length.
    """
    clips = len(candidate_correct)
    if set(candidate_labels) != set(champion_labels):
        return Verdict("not comparable", _other_labels(candidate_labels, champion_labels), None, None, clips)
    if len(champion_correct) != clips:
        raise SoundcheckError(
            f"candidate_correct has {clips} clips and champion_correct {len(champion_correct)}; "
            "give the same clips to both"
        )
    if clips < min_clips:
        why = f"only {clips} clips were used by neither model, fewer than the {min_clips} that are needed"
        return Verdict("not comparable", why, None, None, clips)
    return _judge(candidate_correct, champion_correct)


def _judge(candidate_correct: NDArray[np.bool_], champion_correct: NDArray[np.bool_]) -> Verdict:
    candidate, champion = float(np.mean(candidate_correct)), float(np.mean(champion_correct))
    clips = len(candidate_correct)
    outcome: Outcome = "fail" if candidate < champion else "pass"
    relation = "lower than" if outcome == "fail" else "not lower than"
    why = (
        f"on {clips} clips that neither model was trained or selected on, the candidate's accuracy "
        f"{candidate:.4f} is {relation} the champion's {champion:.4f}"
    )
    return Verdict(outcome, why, candidate, champion, clips)


def _other_labels(candidate_labels: Sequence[str], champion_labels: Sequence[str]) -> str:
    only_candidate = sorted(set(candidate_labels) - set(champion_labels))
    only_champion = sorted(set(champion_labels) - set(candidate_labels))
    differences = [
        f"{who} alone knows {', '.join(names)}"
        for who, names in (("the candidate", only_candidate), ("the champion", only_champion))
        if names
    ]
    return f"the models have other labels: {'; '.join(differences)}"
