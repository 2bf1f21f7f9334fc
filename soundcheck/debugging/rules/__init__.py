"""Rules: each looks at a case and yields findings; families of rules, one a module."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Finding


def every_rule() -> tuple[Rule, ...]:
    """The rules of all families."""
    from soundcheck.debugging.rules import (
        agreement,
        architecture,
        data,
        optimisation,
        regularisation,
        start,
        weights,
    )

    families = (agreement, architecture, data, start, optimisation, weights, regularisation)
    return tuple(rule for family in families for rule in family.RULES)


def evaluated(rules: Sequence[Rule], case: Case) -> list[Finding]:
    """What rules find in a case.

    A rule that fails on somebody's unusual model must take neither the others nor the training with it: it
    is warned of by name.
    """
    findings: list[Finding] = []
    for rule in rules:
        try:
            findings.extend(rule(case))
        except Exception as error:  # noqa: BLE001
            name = getattr(rule, "__name__", str(rule))
            warnings.warn(f"rule {name} could not be evaluated: {error!r}", RuntimeWarning, stacklevel=2)
    return findings
