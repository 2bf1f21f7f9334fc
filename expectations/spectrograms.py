"""What we expect of the features: the suite over the statistics of each clip, and that over their drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.conditions import NOISE_LABEL, spoken
from expectations.configurations import all_but, must, should
from expectations.great_expectations_import import import_great_expectations

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

NAME = "spectrograms"
DRIFT_NAME = "drift"


def spectrograms_suite(
    *, frames: int, bins: int, max_constant_fraction: float, min_dynamic_range_nats: float
) -> gx.ExpectationSuite:
    """The suite over the statistics of the features, one row a clip.

    It looks at `path`, `label`, `frames`, `bins`, `not_finite` (how many numbers of the clip are not)
    and `dynamic_range` (in nats, NaN where a number is not finite).

    Args:
        frames: of every clip, by the configuration.
        bins: of every frame.
        max_constant_fraction: share of clips, background noise left out, whose features may be one and the
            same number throughout.
        min_dynamic_range_nats: the least by which the loudest part of a spoken clip exceeds the quietest.

    Returns:
        A suite of its own for each call, bound to no data context.
    """
    gx = import_great_expectations()
    return gx.ExpectationSuite(
        name=NAME,
        expectations=[
            *_numbers_are_sound(frames, bins),
            *_sound_varies(max_constant_fraction, min_dynamic_range_nats),
        ],
    )


def drift_suite(*, max_population_stability_index: float) -> gx.ExpectationSuite:
    """The suite over the drift of the features since the training of an earlier model, one row a feature.

    It looks at `name` and `population_stability_index`. Where there is no earlier model, there is nothing
    to run it over.

    Args:
        max_population_stability_index: the largest that is no alarm; no less than what chance gives.

    Returns:
        A suite of its own for each call, bound to no data context.
    """
    gx = import_great_expectations()
    return gx.ExpectationSuite(
        name=DRIFT_NAME,
        expectations=[
            should(
                "expect_column_values_to_be_between",
                "A feature should be distributed as over the clips that the champion was trained on: its "
                f"population stability index should be at most {max_population_stability_index:.3g}.",
                setting="validation.spectrograms.max_population_stability_index",
                column="population_stability_index",
                max_value=max_population_stability_index,
            )
        ],
    )


def _numbers_are_sound(frames: int, bins: int) -> list[ExpectationConfiguration]:
    return [
        must(
            "expect_column_values_to_be_in_set",
            f"Every clip must have {frames} frames.",
            column="frames",
            value_set=[frames],
        ),
        must(
            "expect_column_values_to_be_in_set",
            f"Every frame must have {bins} bins.",
            column="bins",
            value_set=[bins],
        ),
        must(
            "expect_column_values_to_be_between",
            "Every number must be finite: none of a clip's may be NaN or infinite.",
            column="not_finite",
            max_value=0,
        ),
    ]


def _sound_varies(
    max_constant_fraction: float, min_dynamic_range_nats: float
) -> list[ExpectationConfiguration]:
    return [
        must(
            "expect_column_values_to_be_between",
            f"At most {100 * max_constant_fraction:g} % of the clips must be constant, the same number "
            f"throughout, as digital silence is; those of {NOISE_LABEL} may be.",
            setting="validation.spectrograms.max_constant_fraction",
            column="dynamic_range",
            min_value=0,
            strict_min=True,
            mostly=all_but(max_constant_fraction),
            row_condition=spoken(),
        ),
        should(
            "expect_column_values_to_be_between",
            "A spoken clip should have dynamics: its loudest part should exceed its quietest by at least "
            f"{min_dynamic_range_nats:g} nats ({_decibels(min_dynamic_range_nats):.0f} dB).",
            setting="validation.spectrograms.min_dynamic_range_nats",
            column="dynamic_range",
            min_value=min_dynamic_range_nats,
            row_condition=spoken(),
        ),
    ]


def _decibels(nats: float) -> float:
    """Of a ratio of magnitudes: 20 log10(e) = 8.69 dB a nat."""
    return 8.685889638 * nats
