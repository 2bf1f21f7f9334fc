"""Of which rows something is expected.

Where somebody should speak is told by the label: not by the speaker, who is not always known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from great_expectations.expectations.row_conditions import Condition

NOISE_LABEL = "_silence_"
"""The label of background noise, in which nobody should speak."""

FILL_LABELS = ("_unknown_", NOISE_LABEL)
"""The labels that are not words to tell apart, but what a model has to tell from these."""


def readable() -> Condition:
    """The clips that could be decoded."""
    from great_expectations.expectations.row_conditions import Column

    return Column("decodable") == True  # noqa: E712  (Column builds a condition from the comparison)


def divided() -> Condition:
    """The clips that have a split: those that were not set aside."""
    from great_expectations.expectations.row_conditions import Column

    return Column("split") != ""


def spoken() -> Condition:
    """The clips in which somebody should speak."""
    from great_expectations.expectations.row_conditions import Column

    return Column("label") != NOISE_LABEL


def of_words() -> Condition:
    """The clips of the words to tell apart."""
    from great_expectations.expectations.row_conditions import Column

    return Column("label").is_not_in(FILL_LABELS)


def of_fills() -> Condition:
    """The clips of `_unknown_` and `_silence_`."""
    from great_expectations.expectations.row_conditions import Column

    return Column("label").is_in(FILL_LABELS)


def like_others() -> Condition:
    """The clips that are almost the same as another."""
    from great_expectations.expectations.row_conditions import Column

    return Column("near_duplicate_group") != ""
