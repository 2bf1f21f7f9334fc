"""Do loss, output, targets, metrics and arguments fit each other?"""

from __future__ import annotations

from soundcheck.debugging.case import Rule
from soundcheck.debugging.rules import activations, arguments, labels, losses, metrics
from soundcheck.debugging.rules.arguments import compile_findings, fit_findings, refused_fit_findings

__all__ = ["RULES", "compile_findings", "fit_findings", "refused_fit_findings"]

RULES: tuple[Rule, ...] = (
    *activations.RULES,
    *losses.RULES,
    *labels.RULES,
    *metrics.RULES,
    *arguments.RULES,
)
