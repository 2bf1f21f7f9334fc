"""Do loss and output activation fit each other, and can the outputs reach the targets?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.layers import leaf_layers
from soundcheck.debugging.rules import arguments, labels, metrics
from soundcheck.debugging.rules.labels import misfit, unscaled_reconstruction
from soundcheck.debugging.rules.verdicts import (
    CROSSENTROPIES,
    LOSS,
    Verdict,
    counts_classes,
    layer_of,
    reconstructs,
)

_PROBABILITIES = frozenset({"softmax", "sigmoid", "hard_sigmoid", "sparsemax"})
_RANGES = {
    "softmax": (0.0, 1.0),
    "sparsemax": (0.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
    "relu": (0.0, math.inf),
    "softplus": (0.0, math.inf),
    "exponential": (0.0, math.inf),
    "elu": (-1.0, math.inf),
    "selu": (-1.76, math.inf),
    "log_sigmoid": (-math.inf, 0.0),
    "log_softmax": (-math.inf, 0.0),
}
_UNBOUNDED = frozenset({"linear", "leaky_relu", "prelu", "gelu", "silu", "swish", "mish"})
_LIMITING = frozenset(
    {"softmax", "sparsemax", "sigmoid", "hard_sigmoid", "tanh", "softsign", "relu", "relu6"}
)
"""Activations after which a softmax or sigmoid cannot become sure, or not of each class."""


def softmax_on_one_unit(case: Case) -> Iterator[Finding]:
    """A softmax over one unit is exp(z) / exp(z) = 1, whatever the input: the output is constant."""
    for head, _ in _judged(case):
        constant = head.outputs is None or bool(np.allclose(head.outputs, 1))
        if head.units != 1 or head.activation != "softmax" or not constant:
            continue
        probability = head.labels is LabelKind.BINARY or head.loss.kind in CROSSENTROPIES
        fit = "activation='sigmoid' with loss='binary_crossentropy'" if probability else "no activation"
        yield Finding(
            "softmax_on_one_unit",
            Severity.ERROR,
            Cause.OUTPUT_ACTIVATION,
            layer_of(head),
            (Evidence("outputs", 1, 2),),
            "A softmax over a single unit is 1 for every input: the model answers the same whatever it learns.",
            f"Use {fit} in the last layer.",
        )


def probabilities_expected(case: Case) -> Iterator[Finding]:
    """A cross-entropy of probabilities is given something else.

    Keras cuts outputs to 1e-7 .. 1 - 1e-7 before the logarithm (`backend.epsilon`): beyond, they have no gradient.
    Given by name, the loss is what people do not think about, and the activation is what they forgot; who makes a
    loss object for outputs without activation forgot its from_logits=True.
    """
    for head, bad in _judged(case):
        if bad or head.loss.kind not in CROSSENTROPIES or head.loss.from_logits:
            continue
        if _one_unit_softmax(head) or not _no_probabilities(case, head):
            continue
        yield Finding("probabilities_expected", *_probabilities_missing(head))


def logits_expected(case: Case) -> Iterator[Finding]:
    """A loss with from_logits=True is given probabilities: softmax or sigmoid would be applied twice.

    Keras on TensorFlow finds the logits behind the activation and warns (`backend/tensorflow/nn.py`, `_get_logits`),
    as long as it is the model's very last operation; other backends, and a loss called by hand, apply it twice.
    """
    for head, _ in _judged(case):
        certain = head.activations_known or head.activation == "softmax"
        if not head.loss.from_logits or head.activation not in _PROBABILITIES or not certain:
            continue
        yield Finding(
            "logits_expected",
            Severity.WARNING,
            Cause.OUTPUT_ACTIVATION,
            layer_of(head),
            (),
            f"The output is a {head.activation}, and the loss has from_logits=True, which applies it once more: "
            "probabilities between 0 and 1 are taken for logits, and no answer can become sure.",
            "Remove from_logits=True from the loss, or the activation from the last layer.",
        )


def limited_logits(case: Case) -> Iterator[Finding]:
    """What goes into a softmax or sigmoid is limited by an activation before it.

    After tanh the largest probability among k classes is e / (e + (k - 1) / e), 0.45 for ten; after a softmax or
    sigmoid e / (e + k - 1), 0.23; after relu no class can be made less likely than those with 0, and units whose
    logit is negative have no gradient.
    """
    for head, _ in _judged(case):
        limit = _limit(head)
        if limit is None:
            continue
        twice = limit == "softmax"
        yield Finding(
            "limited_logits",
            Severity.WARNING,
            Cause.OUTPUT_ACTIVATION,
            layer_of(head),
            (),
            f"A {limit} comes right before the last softmax or sigmoid"
            + (", which is applied twice" if twice else "")
            + ": it limits the logits, so that wrong classes keep their probability and the loss stays high.",
            f"Remove the {limit} before it: `activation=None` in the last layer with weights.",
        )


def sigmoid_with_categorical(case: Case) -> Iterator[Finding]:
    """A categorical loss takes shares that sum to one; sigmoid gives a separate yes or no for each class."""
    for head, bad in _judged(case):
        categorical = head.loss.kind in (LossKind.CATEGORICAL, LossKind.SPARSE_CATEGORICAL)
        if bad or not categorical or head.loss.from_logits or head.units < 2:  # noqa: PLR2004
            continue
        if not head.activations_known or head.activation not in ("sigmoid", "hard_sigmoid"):
            continue
        yield Finding(
            "sigmoid_with_categorical",
            Severity.WARNING,
            Cause.LOSS_FUNCTION,
            LOSS,
            (Evidence("outputs", head.units),),
            f"{head.loss.name} takes the outputs for shares of one whole, and the {head.activation} of the last layer "
            f"gives {head.units} separate yes-or-no answers: they are not the probabilities that the loss optimises.",
            "Use activation='softmax' for one class a row; for several labels a row loss='binary_crossentropy'.",
        )


def targets_out_of_reach(case: Case) -> Iterator[Finding]:
    """Targets of a regression lie beyond what the last activation can give.

    The squared distance of the targets to the range, over their variance, is the share of the variance that no
    weights can explain: R2 is at most 1 minus it.
    """
    for head, bad in _judged(case):
        if bad or head.loss.kind is not LossKind.REGRESSION or head.targets is None:
            continue
        certain = head.activations_known or head.activation == "softmax"
        unexplained, share = _out_of_reach(head)
        if not certain or unexplained < case.settings.max_unreachable_variance or _one_unit_softmax(head):
            continue
        if head.activation in _PROBABILITIES and reconstructs(case, head):
            yield Finding("targets_out_of_reach", *unscaled_reconstruction(head))
            continue
        lowest, highest = _RANGES[head.activation]
        yield Finding(
            "targets_out_of_reach",
            Severity.ERROR
            if unexplained > case.settings.max_unreachable_variance_of_use
            else Severity.WARNING,
            Cause.OUTPUT_ACTIVATION,
            layer_of(head),
            (
                Evidence("share of targets out of reach", share, 0),
                Evidence(
                    "variance out of reach, over all", unexplained, case.settings.max_unreachable_variance
                ),
            ),
            f"{share:.0%} of the targets lie outside {lowest:g} to {highest:g}, which is all that the "
            f"{head.activation} of the last layer can give; they go from {np.nanmin(head.targets):.4g} to "
            f"{np.nanmax(head.targets):.4g}.",
            "Use no activation in the last layer.",
        )


def loss_undefined(case: Case) -> Iterator[Finding]:
    """Targets or outputs for which the loss has no meaning, or no finite value.

    `mean_absolute_percentage_error` divides by the target, by 1e-7 where it is 0; `mean_squared_logarithmic_error`
    takes negative targets for 0; Poisson's loss takes the logarithm of the output.
    """
    for head, bad in _judged(case):
        verdict = None if bad or head.targets is None or head.labels is LabelKind.TEXT else _undefined(head)
        if verdict is not None:
            yield Finding("loss_undefined", *verdict)


def loss_of_another_kind(case: Case) -> Iterator[Finding]:
    """A loss that can learn the task, though it is made for another: said to hurt only where it did.

    The squared error of probabilities (Brier's score) is a proper loss, but its gradient vanishes where a wrong
    answer is sure; a hinge loss wants margins beyond 1, which a sigmoid or softmax cannot give.
    """
    severity = _severity(case)
    if severity is None:
        return
    for head, bad in _judged(case):
        verdict = None if bad or head.targets is None else _of_another_kind(case, head, severity)
        if verdict is not None:
            yield Finding("loss_of_another_kind", *verdict)


def _judged(case: Case) -> Iterator[tuple[Head, bool]]:
    """The heads, and whether their targets do not even have the form that the loss takes."""
    for head in case.heads:
        if head.loss.kind is LossKind.NONE:
            continue
        verdict = misfit(case, head)
        if verdict is None or verdict.cause is not Cause.OUTPUT_UNITS:
            yield head, verdict is not None


def _one_unit_softmax(head: Head) -> bool:
    return head.units == 1 and head.activation == "softmax"


def _no_probabilities(case: Case, head: Head) -> bool:
    """Whether the outputs surely are no probabilities; what layers do not say, the outputs show."""
    if head.activations_known and head.activation in _PROBABILITIES:
        return False
    if head.activations_known and head.activation in _RANGES:
        return True
    if head.outputs is None:
        return head.activations_known and head.activation in _UNBOUNDED and _ends_with_weights(case, head)
    finite = head.outputs[np.isfinite(head.outputs)]
    outside = bool(finite.size) and bool(((finite < -1e-6) | (finite > 1 + 1e-6)).any())  # noqa: PLR2004
    return outside or (
        head.activations_known
        and _ends_with_weights(case, head)
        and not (head.units > 1 and np.allclose(head.outputs.sum(axis=-1), 1, atol=1e-3))
    )


def _ends_with_weights(case: Case, head: Head) -> bool:
    """Whether the last operation is a layer with weights and one of the known activations."""
    if head.activation not in _UNBOUNDED:
        return False
    return any(layer.name == head.layer and layer.weights for layer in leaf_layers(case.model))


def _probabilities_missing(head: Head) -> Verdict:
    fitting = "sigmoid" if head.loss.kind is LossKind.BINARY else "softmax"
    plain = head.activation in _UNBOUNDED
    forgotten_argument = plain and not head.loss.by_name
    evidence: tuple[Evidence, ...] = ()
    if head.outputs is not None and head.outputs.size:
        outside = float(((head.outputs < 0) | (head.outputs > 1)).mean())
        evidence = (Evidence("share of outputs that are no probability", outside, 0),)
    given = "without an activation" if head.activation == "linear" else f"of a {head.activation}"
    return Verdict(
        Severity.ERROR,
        Cause.LOSS_FUNCTION if forgotten_argument else Cause.OUTPUT_ACTIVATION,
        LOSS if forgotten_argument else layer_of(head),
        evidence,
        f"{head.loss.name} takes probabilities, and the outputs are those {given}: they are cut to 0 and 1, where "
        "they have no gradient.",
        f"Give the loss from_logits=True, or the last layer activation='{fitting}'."
        if forgotten_argument
        else f"Use activation='{fitting}' in the last layer.",
    )


def _limit(head: Head) -> str | None:
    """The activation that limits the logits; None where none does."""
    if not head.activations_known or _one_unit_softmax(head):
        return None
    if head.loss.from_logits and head.loss.kind in CROSSENTROPIES:
        return head.activation if head.activation in _LIMITING - _PROBABILITIES else None
    if len(head.activations) < 2 or head.activation not in ("softmax", "sigmoid"):  # noqa: PLR2004
        return None
    before = head.activations[-2]
    return before if before in _LIMITING else None


def _out_of_reach(head: Head) -> tuple[float, float]:
    """Share of the targets' variance that the activation cannot reach, and share of the targets."""
    targets = np.asarray(head.targets, np.float64)
    targets = targets[np.isfinite(targets).reshape(len(targets), -1).all(axis=1)]
    if head.activation not in _RANGES or not targets.size:
        return 0.0, 0.0
    beyond = np.abs(targets - np.clip(targets, *_RANGES[head.activation]))
    if head.activation == "softmax" and head.units > 1 and targets.shape[-1] == head.units:
        beyond = np.maximum(beyond, np.abs(targets.sum(axis=-1, keepdims=True) - 1) / head.units)
    variance = max(float(targets.var()), np.finfo(np.float64).tiny)
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
            f"{share:.1%} of the targets are 0, and {name} divides by them: their errors count ten million times.",
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
    if head.loss.kind is LossKind.HINGE and head.activation in _PROBABILITIES and head.activations_known:
        return Verdict(
            severity,
            Cause.LOSS_FUNCTION,
            LOSS,
            (),
            f"{head.loss.name} wants margins beyond 1 and -1; the {head.activation} of the last layer gives 0 to 1.",
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
        f"The targets are {head.classes} classes, and {head.loss.name} is a loss for amounts: its gradient vanishes "
        "where the model is sure of a wrong class.",
        "Use loss='binary_crossentropy' with a sigmoid output."
        if head.labels is LabelKind.BINARY
        else "Use a softmax output with a categorical cross-entropy.",
    )


RULES: tuple[Rule, ...] = (
    softmax_on_one_unit,
    probabilities_expected,
    logits_expected,
    limited_logits,
    sigmoid_with_categorical,
    targets_out_of_reach,
    loss_undefined,
    loss_of_another_kind,
    *labels.RULES,
    *metrics.RULES,
    *arguments.RULES,
)
