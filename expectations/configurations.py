"""An expectation with its severity: "must" for a critical one, "should" for a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

ROUNDING = 1e-12
"""Lets a share pass that lies exactly on its bound: 1 - 0.07 is not 0.93 in floating point."""


def must(expectation_type: str, description: str, **settings: Any) -> ExpectationConfiguration:
    """A critical expectation, whose failure stops the flow."""
    return _configuration("critical", expectation_type, description, settings)


def should(expectation_type: str, description: str, **settings: Any) -> ExpectationConfiguration:
    """A warning, which is reported."""
    return _configuration("warning", expectation_type, description, settings)


def all_but(fraction: float) -> float:
    """The share that is left of the whole, for `mostly`."""
    return max(0.0, 1 - fraction - ROUNDING)


def _configuration(
    severity: str, expectation_type: str, description: str, settings: dict[str, Any]
) -> ExpectationConfiguration:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    return ExpectationConfiguration(
        type=expectation_type,
        kwargs=settings,
        description=description,
        severity=FailureSeverity(severity),
    )
