"""Ranking: the likely root cause first, and what it explains folded into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from soundcheck.debugging.findings import Cause, Finding, Severity

_MISFITS = (
    Cause.COMPILE_ARGUMENTS,
    Cause.LABEL_ENCODING,
    Cause.OUTPUT_UNITS,
    Cause.OUTPUT_ACTIVATION,
    Cause.LOSS_FUNCTION,
)
"""Where loss, output and labels do not fit, there is nothing right to learn."""

_SYMPTOMS = (
    Cause.EXPLODING_GRADIENT,
    Cause.VANISHING_GRADIENT,
    Cause.DEAD_UNITS,
    Cause.SATURATION,
    Cause.UNCHANGED_WEIGHTS,
    Cause.OSCILLATION,
    Cause.PLATEAU,
    Cause.UNDERFITTING,
)
"""States in which several faults end; the first ones say more than the last."""

_STEPS = (
    Cause.LEARNING_RATE_HIGH,
    Cause.LEARNING_RATE_LOW,
    Cause.SCHEDULE,
    Cause.OPTIMIZER,
    Cause.BATCH_SIZE,
    Cause.EPOCHS_TOO_FEW,
)
"""How the weights are moved: what is wrong with the data or the network shows here, too."""

_DEPTH = (
    Cause.NON_FINITE_DATA,
    *_MISFITS,
    Cause.WRONG_AXIS,
    Cause.LAYER_MISUSE,
    Cause.LAYER_DISCONNECTED,
    Cause.LAYER_FROZEN,
    Cause.INITIALISATION,
    Cause.DATA_NOT_SHUFFLED,
    Cause.DISTRIBUTION_SHIFT,
    Cause.LABELS_UNRELATED,
    Cause.CONSTANT_FEATURE,
    Cause.INPUT_NOT_NORMALISED,
    Cause.TARGET_NOT_NORMALISED,
    Cause.HIDDEN_ACTIVATION,
    Cause.WEIGHT_PENALTY,
    Cause.DROPOUT,
    Cause.BATCH_NORMALISATION,
    Cause.CLASS_IMBALANCE,
    *_STEPS,
    Cause.CAPACITY_TOO_SMALL,
    Cause.DATA_LEAK,
    *_SYMPTOMS,
    Cause.OVERFITTING,
    Cause.CAPACITY_TOO_LARGE,
    Cause.EPOCHS_TOO_MANY,
    Cause.METRIC,
)
"""From the causes that lie deepest to those that are consequences."""

_POOR = (*_STEPS, Cause.CAPACITY_TOO_SMALL, Cause.CLASS_IMBALANCE, *_SYMPTOMS)
"""What can be seen of a training that cannot succeed for another reason."""

_BY_HEART = (Cause.OVERFITTING, Cause.CAPACITY_TOO_LARGE, Cause.EPOCHS_TOO_MANY)
"""What can be seen of a training whose rows say nothing of the validation rows."""

_EXPLAINS: Mapping[Cause, Sequence[Cause]] = {
    Cause.NON_FINITE_DATA: (*_POOR, Cause.INITIALISATION, Cause.INPUT_NOT_NORMALISED, Cause.CONSTANT_FEATURE),
    Cause.COMPILE_ARGUMENTS: (*_POOR, Cause.LOSS_FUNCTION, Cause.METRIC),
    Cause.LABEL_ENCODING: (*_POOR, Cause.LOSS_FUNCTION, Cause.OUTPUT_UNITS, Cause.METRIC),
    Cause.OUTPUT_UNITS: (*_POOR, Cause.LOSS_FUNCTION, Cause.METRIC),
    Cause.OUTPUT_ACTIVATION: (*_POOR, Cause.LOSS_FUNCTION, Cause.METRIC, Cause.TARGET_NOT_NORMALISED),
    Cause.LOSS_FUNCTION: (*_POOR, Cause.METRIC, Cause.TARGET_NOT_NORMALISED),
    Cause.WRONG_AXIS: (*_POOR, Cause.LAYER_MISUSE),
    Cause.LAYER_MISUSE: (*_POOR, Cause.OUTPUT_UNITS),
    Cause.LAYER_DISCONNECTED: _POOR,
    Cause.LAYER_FROZEN: _POOR,
    Cause.INITIALISATION: _POOR,
    Cause.DATA_NOT_SHUFFLED: (*_POOR, Cause.DISTRIBUTION_SHIFT, *_BY_HEART),
    Cause.DISTRIBUTION_SHIFT: (*_BY_HEART, Cause.INPUT_NOT_NORMALISED),
    Cause.LABELS_UNRELATED: (*_POOR, *_BY_HEART),
    Cause.INPUT_NOT_NORMALISED: (*_POOR, Cause.HIDDEN_ACTIVATION, Cause.INITIALISATION),
    Cause.TARGET_NOT_NORMALISED: _POOR,
    Cause.HIDDEN_ACTIVATION: _POOR,
    Cause.WEIGHT_PENALTY: (*_STEPS, Cause.CAPACITY_TOO_SMALL, *_SYMPTOMS),
    Cause.DROPOUT: (*_STEPS, Cause.CAPACITY_TOO_SMALL, *_SYMPTOMS),
    Cause.BATCH_NORMALISATION: (*_STEPS, Cause.OVERFITTING, Cause.CAPACITY_TOO_SMALL, *_SYMPTOMS),
    **dict.fromkeys(_STEPS, (Cause.CAPACITY_TOO_SMALL, *_SYMPTOMS)),
    Cause.CAPACITY_TOO_SMALL: (Cause.PLATEAU, Cause.UNDERFITTING),
    Cause.CLASS_IMBALANCE: (Cause.PLATEAU, Cause.UNDERFITTING),
    Cause.OVERFITTING: (Cause.CAPACITY_TOO_LARGE, Cause.EPOCHS_TOO_MANY),
    **{cause: _SYMPTOMS[place + 1 :] for place, cause in enumerate(_SYMPTOMS[:-1])},
}
"""Which causes are likely mere consequences of another, where both are found."""

_STEPS_APART = {cause: tuple(one for one in _STEPS if one != cause) for cause in _STEPS}
"""A learning rate that is too high is not too low as well: the first of them is kept."""


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Orders findings, the likely root cause first; what another one explains becomes its evidence.

    One finding remains for each cause and place; where both explain each other, the deeper one does.
    Only what hurts (a warning or an error) explains anything, and it is as severe as what it explains.
    """
    remaining = sorted(_distinct(findings), key=_place)
    roots: list[Finding] = []
    for finding in remaining:
        place = next((place for place, root in enumerate(roots) if _explains(root, finding)), None)
        if place is None:
            roots.append(finding)
        elif finding.severity > Severity.INFO:
            roots[place] = _with(roots[place], finding)
    return sorted(roots, key=lambda finding: (-finding.severity, _place(finding)))


def extended(roots: Sequence[Finding], others: Iterable[Finding]) -> list[Finding]:
    """Ranked findings, and after them those of others that none of them explains or says already."""
    said = {root.cause for root in roots}
    new = [one for one in ranked(others) if one.cause not in said and not _any_explains(roots, one)]
    return [*roots, *new]


def merged(trainings: Iterable[Sequence[Finding]]) -> list[Finding]:
    """Findings of several trainings, each ranked; what is said of several is said once.

    Within a training the order stays, for trials may have decided it.
    """
    return sorted(_distinct(one for each in trainings for one in each), key=lambda one: -one.severity)


def _distinct(findings: Iterable[Finding]) -> list[Finding]:
    """The most severe one for each cause and place."""
    kept: dict[tuple[Cause, str, str], Finding] = {}
    for finding in findings:
        key = (finding.cause, finding.where.kind, finding.where.name)
        if key not in kept or finding.severity > kept[key].severity:
            kept[key] = finding
    return list(kept.values())


def _place(finding: Finding) -> int:
    """Harmless ones last; among the others what lies deepest first."""
    return _DEPTH.index(finding.cause) + (len(_DEPTH) if finding.severity == Severity.INFO else 0)


def _explains(root: Finding, finding: Finding) -> bool:
    if root.severity == Severity.INFO:
        return False
    if root.cause == finding.cause and root.rule == finding.rule:
        return True  # the same fault in several layers
    return finding.cause in _EXPLAINS.get(root.cause, ()) or finding.cause in _STEPS_APART.get(root.cause, ())


def _any_explains(roots: Iterable[Finding], finding: Finding) -> bool:
    return any(_explains(root, finding) for root in roots)


def _with(root: Finding, explained: Finding) -> Finding:
    return replace(
        root,
        severity=max(root.severity, explained.severity),
        evidence=(*root.evidence, *explained.evidence),
    )
