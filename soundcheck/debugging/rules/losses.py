"""Can the outputs reach the targets, and has the loss a meaning for them?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.rules.labels import judged, unscaled_reconstruction
from soundcheck.debugging.rules.verdicts import (
    LOSS,
    PROBABILITIES,
    RANGES,
    Verdict,
    counts_classes,
    layer_of,
    one_unit_softmax,
    reconstructs,
)


def targets_out_of_reach(case: Case) -> Iterator[Finding]:
    """Targets lie beyond what the last activation can give.

    Of a regression; and of shares that are no distribution, by binary cross-entropy after a softmax. The
    squared distance of the targets to the range, over their variance, is the share of the variance that
    no weights can explain: R2 is at most 1 minus it.
    """
    for head, bad in judged(case):
        amounts = head.loss.kind is LossKind.REGRESSION or (
            head.loss.kind is LossKind.BINARY
            and head.labels is LabelKind.REAL
            and head.activation == "softmax"
        )
        if bad or not amounts or head.targets is None:
            continue
        certain = head.activations_known or head.activation == "softmax"
        unexplained, share = _out_of_reach(head)
        if not certain or unexplained < case.settings.max_unreachable_variance or one_unit_softmax(head):
            continue
        probabilities = bool(((head.targets >= 0) & (head.targets <= 1)).all())
        if head.activation in PROBABILITIES and reconstructs(case, head) and not probabilities:
            yield Finding("targets_out_of_reach", *unscaled_reconstruction(head))
            continue
        limit = case.settings.max_unreachable_variance
        yield Finding(
            "targets_out_of_reach",
            Severity.ERROR
            if unexplained > case.settings.max_unreachable_variance_of_use
            else Severity.WARNING,
            Cause.OUTPUT_ACTIVATION,
            layer_of(head),
            (
                Evidence("share of targets out of reach", share, 0),
                Evidence("variance out of reach, over all", unexplained, limit),
            ),
            *(_not_one_in_all(head) if probabilities else _outside_the_range(head, share)),
        )


def loss_undefined(case: Case) -> Iterator[Finding]:
    """Targets or outputs for which the loss has no meaning, or no finite value.

    `mean_absolute_percentage_error` divides by the target, by 1e-7 where it is 0;
    `mean_squared_logarithmic_error` takes negative targets for 0; Poisson's loss takes the logarithm of the
    output.
    """
    for head, bad in judged(case):
        verdict = None if bad or head.targets is None or head.labels is LabelKind.TEXT else _undefined(head)
        if verdict is not None:
            yield Finding("loss_undefined", *verdict)


def loss_of_another_kind(case: Case) -> Iterator[Finding]:
    """A loss that can learn the task, though it is made for another: said to hurt only where it did.

    The squared error of probabilities (Brier's score) is a proper loss, but its gradient vanishes where a
    wrong answer is sure; a hinge loss wants margins beyond 1, which a sigmoid or softmax cannot give.
    """
    severity = _severity(case)
    if severity is None:
        return
    for head, bad in judged(case):
        verdict = None if bad or head.targets is None else _of_another_kind(case, head, severity)
        if verdict is not None:
            yield Finding("loss_of_another_kind", *verdict)


def _outside_the_range(head: Head, share: float) -> tuple[str, str]:
    """Message and remedy."""
    assert head.targets is not None  # noqa: S101 - the rule has seen them
    lowest, highest = RANGES[head.activation]
    message = (
        f"{share:.0%} of the targets lie outside {lowest:g} to {highest:g}, which is all that the "
        f"{head.activation} of the last layer can give; they go from {np.nanmin(head.targets):.4g} to "
        f"{np.nanmax(head.targets):.4g}."
    )
    return message, "Use no activation in the last layer."


def _not_one_in_all(head: Head) -> tuple[str, str]:
    """Message and remedy, for targets that a sigmoid reaches and a softmax does not."""
    assert head.targets is not None  # noqa: S101 - the rule has seen them
    message = (
        f"The {head.units} outputs of a softmax sum to 1, and the targets of a row to "
        f"{head.targets.sum(axis=-1).mean():.3g} on average: most of them cannot be reached."
    )
    return message, "Use activation='sigmoid' in the last layer."


def _out_of_reach(head: Head) -> tuple[float, float]:
    """Share of the targets' variance that the activation cannot reach, and share of the targets."""
    targets = np.asarray(head.targets, np.float64)
    targets = targets[np.isfinite(targets).reshape(len(targets), -1).all(axis=1)]
    if head.activation not in RANGES or not targets.size:
        return 0.0, 0.0
    beyond = np.abs(targets - np.clip(targets, *RANGES[head.activation]))
    if head.activation == "softmax" and head.units > 1 and targets.shape[-1] == head.units:
        beyond = np.maximum(beyond, np.abs(targets.sum(axis=-1, keepdims=True) - 1) / head.units)
    variance = max(float(targets.var()), float(np.finfo(np.float64).tiny))
    return float(np.square(beyond).mean()) / variance, float((beyond > 1e-3).mean())  # noqa: PLR2004


def _undefined(head: Head) -> Verdict | None:
    targets = np.asarray(head.targets, np.float64)
    name = head.loss.name
    if name == "mean_absolute_percentage_error" and (targets == 0).any():
        share = float((targets == 0).mean())
        return Verdict(
            Severity.WARNING,
            Cause.LOSS_FUNCTION,
            LOSS,
            (Evidence("share of targets that are 0", share, 0),),
            f"{share:.1%} of the targets are 0, and {name} divides by them: their errors count ten million "
            "times.",
            "Use loss='mae' or 'mse'.",
        )
    if name in ("mean_squared_logarithmic_error", "poisson", "kl_divergence") and (targets < 0).any():
        share = float((targets < 0).mean())
        return Verdict(
            Severity.ERROR if share > 0.01 else Severity.WARNING,  # noqa: PLR2004
            Cause.LOSS_FUNCTION,
            LOSS,
            (Evidence("share of targets below 0", share, 0),),
            f"{share:.1%} of the targets are negative, which {name} has no meaning for.",
            "Use loss='mse'.",
        )
    return _logarithm_of_negatives(head)


def _logarithm_of_negatives(head: Head) -> Verdict | None:
    if head.loss.name not in ("poisson", "kl_divergence") or head.outputs is None:
        return None
    share = float((head.outputs < 0).mean())
    if not share:
        return None
    fitting = "exponential" if head.loss.name == "poisson" else "softmax"
    return Verdict(
        Severity.ERROR,
        Cause.OUTPUT_ACTIVATION,
        layer_of(head),
        (Evidence("share of outputs below 0", share, 0),),
        f"{head.loss.name} takes the logarithm of the outputs, and {share:.0%} of them are negative.",
        f"Use activation='{fitting}' in the last layer.",
    )


def _severity(case: Case) -> Severity | None:
    """Of what need not hurt: a note before the training, a warning after a poor one."""
    if case.record is None:
        return Severity.INFO
    return Severity.WARNING if case.outcome is not None and case.outcome.poor else None


def _of_another_kind(case: Case, head: Head, severity: Severity) -> Verdict | None:
    if head.loss.kind is LossKind.HINGE and head.activation in PROBABILITIES and head.activations_known:
        return Verdict(
            severity,
            Cause.LOSS_FUNCTION,
            LOSS,
            (),
            f"{head.loss.name} wants margins beyond 1 and -1; the {head.activation} of the last layer gives "
            "0 to 1.",
            "Use a last layer without an activation, or a cross-entropy as the loss.",
        )
    classes = head.labels in (LabelKind.BINARY, LabelKind.ONE_HOT) or (
        counts_classes(head) and head.units == 1
    )
    flat = head.targets is not None and head.targets.ndim <= 2  # noqa: PLR2004
    if head.loss.kind is not LossKind.REGRESSION or not classes or not flat or reconstructs(case, head):
        return None
    return Verdict(
        severity,
        Cause.LOSS_FUNCTION,
        LOSS,
        (Evidence("classes", head.classes),),
        f"The targets are {head.classes} classes, and {head.loss.name} is a loss for amounts: its gradient "
        "vanishes "
        "where the model is sure of a wrong class.",
        "Use loss='binary_crossentropy' with a sigmoid output."
        if head.labels is LabelKind.BINARY
        else "Use a softmax output with a categorical cross-entropy.",
    )


RULES: tuple[Rule, ...] = (targets_out_of_reach, loss_undefined, loss_of_another_kind)
