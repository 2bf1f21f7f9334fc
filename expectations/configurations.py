"""An expectation with its severity: "must" for a critical one, "should" for a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

SETTING = "setting"
"""Under which an expectation's `meta` names the field of the configuration that it stands for."""

ROUNDING = 1e-12
"""Lets a share pass that lies exactly on its bound: 1 - 0.07 is not 0.93 in floating point."""


def must(
    expectation_type: str, description: str, setting: str = "", **arguments: Any
) -> ExpectationConfiguration:
    """A critical expectation, whose failure stops the flow.

    Args:
        expectation_type: as Great Expectations knows it.
        description: what must hold, as a sentence.
        setting: the field of the configuration that says how much is too much, where there is one.
        **arguments: of the expectation.
    """
    return _configuration("critical", expectation_type, description, setting, arguments)


def should(
    expectation_type: str, description: str, setting: str = "", **arguments: Any
) -> ExpectationConfiguration:
    """A warning, which is reported; for the arguments see `must`."""
    return _configuration("warning", expectation_type, description, setting, arguments)


def all_but(fraction: float) -> float:
    """The share that is left of the whole, for `mostly`."""
    return max(0.0, 1 - fraction - ROUNDING)


def _configuration(
    severity: str, expectation_type: str, description: str, setting: str, arguments: dict[str, Any]
) -> ExpectationConfiguration:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    return ExpectationConfiguration(
        type=expectation_type,
        kwargs=arguments,
        description=description,
        severity=FailureSeverity(severity),
        meta={SETTING: setting} if setting else {},
    )
