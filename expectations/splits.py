"""What we expect of the splits: the suite over a manifest with a column `split`.

Rows whose split is "" were set aside and are passed over. A recording of background noise may be in several
splits, each stretch of it in one; and digital silence, all of which is the same, gives nothing away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from expectations.conditions import divided, like_others, spoken
from expectations.configurations import all_but, must, should
from expectations.great_expectations_import import import_great_expectations

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

NAME = "splits"
TRAIN, VALIDATION, TEST = "train", "validation", "test"


def splits_suite(
    *,
    fractions: Mapping[str, float] | None,
    speakers_apart: bool,
    max_shared_fraction: float,
    max_proportion_deviation: float,
) -> gx.ExpectationSuite:
    """The suite over a manifest, one row a clip.

    It looks at `path`, `label`, `speaker`, `split`, `clip_digest`, `file_digest`, and
    `near_duplicate_group`: the same for clips that are almost the same, or "".

    Args:
        fractions: the share of the clips that each split shall have; None where the source assigns splits,
            whose proportions are then right by definition.
        speakers_apart: whether the splits were made so that no speaker is in two.
        max_shared_fraction: share of clips that may stand, byte for byte, in another split too.
        max_proportion_deviation: how far a split's share may be from its fraction.

    Returns:
        A suite of its own for each call, bound to no data context.
    """
    gx = import_great_expectations()
    return gx.ExpectationSuite(
        name=NAME,
        expectations=[
            *_labels_are_covered(),
            *_proportions_fit(fractions or {}, max_proportion_deviation),
            *_clips_are_apart(max_shared_fraction),
            _speakers_are_apart(speakers_apart),
        ],
    )


def _labels_are_covered() -> list[ExpectationConfiguration]:
    from expectations.labels_in_splits import ExpectLabelsToBeInSplits

    return [
        must(
            ExpectLabelsToBeInSplits.expectation_type,
            "Every label must have clips to train on.",
            splits=[TRAIN],
        ),
        should(
            ExpectLabelsToBeInSplits.expectation_type,
            "Every label should have clips in validation and test.",
            splits=[VALIDATION, TEST],
        ),
    ]


def _proportions_fit(fractions: Mapping[str, float], max_deviation: float) -> list[ExpectationConfiguration]:
    from expectations.proportions_of_splits import ExpectSplitsToHaveProportions

    if not fractions:
        return []
    wanted = ", ".join(f"{split} {100 * fraction:.3g} %" for split, fraction in fractions.items())
    return [
        should(
            ExpectSplitsToHaveProportions.expectation_type,
            f"The splits should have their shares of the clips, give or take {100 * max_deviation:.3g} "
            f"points: {wanted}.",
            setting="validation.splits.max_proportion_deviation",
            fractions=dict(fractions),
            max_deviation=max_deviation,
        )
    ]


def _clips_are_apart(max_shared_fraction: float) -> list[ExpectationConfiguration]:
    from expectations.one_label_per_digest import ExpectColumnAToDetermineColumnB

    return [
        must(
            ExpectColumnAToDetermineColumnB.expectation_type,
            f"At most {100 * max_shared_fraction:.3g} % of the clips must stand in two splits, the same byte "
            "for byte: what was learnt by heart would count as known.",
            setting="validation.splits.max_shared_fraction",
            column_A="clip_digest",
            column_B="split",
            row_condition=divided() & spoken(),
            mostly=all_but(max_shared_fraction),
        ),
        should(
            ExpectColumnAToDetermineColumnB.expectation_type,
            "A recording should not have clips in two splits.",
            column_A="file_digest",
            column_B="split",
            row_condition=divided() & spoken(),
        ),
        should(
            ExpectColumnAToDetermineColumnB.expectation_type,
            "Clips that are almost the same should be in one split.",
            setting="validation.min_near_duplicate_similarity",
            column_A="near_duplicate_group",
            column_B="split",
            row_condition=divided() & like_others(),
        ),
    ]


def _speakers_are_apart(speakers_apart: bool) -> ExpectationConfiguration:
    from expectations.one_split_per_speaker import ExpectSpeakersToBeInOneSplit

    if speakers_apart:
        return must(ExpectSpeakersToBeInOneSplit.expectation_type, "A speaker must not be in two splits.")
    return should(
        ExpectSpeakersToBeInOneSplit.expectation_type,
        "A speaker should not be in two splits: the test accuracy says little of new speakers then.",
    )
