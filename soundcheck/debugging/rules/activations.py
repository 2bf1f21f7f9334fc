"""Do the loss and the activation of the output fit each other?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.layers import leaf_layers
from soundcheck.debugging.outcome import first_outputs
from soundcheck.debugging.rules.labels import judged
from soundcheck.debugging.rules.verdicts import (
    CROSSENTROPIES,
    LOSS,
    PROBABILITIES,
    RANGES,
    Verdict,
    layer_of,
    one_unit_softmax,
)

_UNBOUNDED = frozenset({"linear", "leaky_relu", "prelu", "gelu", "silu", "swish", "mish"})
_LIMITING = frozenset(
    {"softmax", "sparsemax", "sigmoid", "hard_sigmoid", "tanh", "softsign", "relu", "relu6"}
)
"""Activations after which a softmax or sigmoid cannot become sure, or not of each class."""


_ROUNDING = 1e-6
_AT_THE_LIMIT = 0.999
_PILED_UP = 0.05
"""A network that has learnt drives its surest logits to the limit of the activation before; one that is
honestly unsure comes to any other number."""


def softmax_on_one_unit(case: Case) -> Iterator[Finding]:
    """A softmax over one unit is exp(z) / exp(z) = 1, whatever the input: the output is constant."""
    for head, _ in judged(case):
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
            "A softmax over a single unit is 1 for every input: the model answers the same whatever it "
            "learns.",
            f"Use {fit} in the last layer.",
        )


def probabilities_expected(case: Case) -> Iterator[Finding]:
    """A cross-entropy of probabilities is given something else.

    Keras cuts outputs to 1e-7 .. 1 - 1e-7 before the logarithm (`backend.epsilon`): beyond, they have no
    gradient. Given by name, the loss is what people do not think about, and the activation is what they
    forgot; who makes a loss object for outputs without activation forgot its from_logits=True.
    """
    for head, bad in judged(case):
        if bad or head.loss.kind not in CROSSENTROPIES or head.loss.from_logits:
            continue
        if one_unit_softmax(head) or not _no_probabilities(case, head):
            continue
        yield Finding("probabilities_expected", *_probabilities_missing(head))


def logits_expected(case: Case) -> Iterator[Finding]:
    """A loss with from_logits=True is given probabilities: softmax or sigmoid would be applied twice.

    Keras on TensorFlow finds the logits behind the activation and warns (`backend/tensorflow/nn.py`,
    `_get_logits`), as long as it is the model's very last operation; other backends, and a loss called by
    hand, apply it twice.
    """
    for head, _ in judged(case):
        certain = head.activations_known or head.activation == "softmax"
        if not head.loss.from_logits or head.activation not in PROBABILITIES or not certain:
            continue
        yield Finding(
            "logits_expected",
            Severity.WARNING,
            Cause.OUTPUT_ACTIVATION,
            layer_of(head),
            (),
            f"The output is a {head.activation}, and the loss has from_logits=True, which applies it once "
            "more: "
            "probabilities between 0 and 1 are taken for logits, and no answer can become sure.",
            "Remove from_logits=True from the loss, or the activation from the last layer.",
        )


def limited_logits(case: Case) -> Iterator[Finding]:
    """What goes into a softmax or sigmoid is limited by an activation before it.

    After tanh the largest probability among k classes is e / (e + (k - 1) / e), 0.45 for ten; after a softmax
    or sigmoid e / (e + k - 1), 0.23; after relu no class can be made less likely than those with 0, and units
    whose logit is negative have no gradient. Of a model with a call of its own it is seen by these limits:
    the surest answers of the trained network come up to one of them, and none goes beyond.
    """
    for head, _ in judged(case):
        limit = _limit(head) if head.activations_known else _limit_seen(case, head)
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
    for head, bad in judged(case):
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
            f"{head.loss.name} takes the outputs for shares of one whole, and the {head.activation} of the "
            "last layer "
            f"gives {head.units} separate yes-or-no answers: they are not the probabilities that the loss "
            "optimises.",
            "Use activation='softmax' for one class a row; for several labels a row "
            "loss='binary_crossentropy'.",
        )


def _no_probabilities(case: Case, head: Head) -> bool:
    """Whether the outputs surely are no probabilities; what layers do not say, the outputs show."""
    if head.activations_known and head.activation in PROBABILITIES:
        return False
    if head.activations_known and head.activation in RANGES:
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
        f"{head.loss.name} takes probabilities, and the outputs are those {given}: they are cut to 0 and 1, "
        "where "
        "they have no gradient.",
        f"Give the loss from_logits=True, or the last layer activation='{fitting}'."
        if forgotten_argument
        else f"Use activation='{fitting}' in the last layer.",
    )


def _limit_seen(case: Case, head: Head) -> str | None:
    """The activation that the probabilities of a trained network show by what they come to at most."""
    outcome = case.outcome
    if outcome is None or head.activation != "softmax" or head.units < 3:  # noqa: PLR2004
        return None
    outputs, others = first_outputs(case.model, case.sample), head.units - 1
    surest = outputs.reshape(-1, head.units).max(axis=-1)
    limits = {"softmax": math.e / (math.e + others), "tanh": math.e / (math.e + others / math.e)}
    return next((name for name, most in limits.items() if _piles_up(surest, most)), None)


def _piles_up(surest: NDArray[np.float64], most: float) -> bool:
    """Whether the answers come up to a limit, some of them closely, and none goes beyond."""
    close = (surest >= _AT_THE_LIMIT * most).mean()
    return bool(surest.max() < most + _ROUNDING and close >= _PILED_UP)


def _limit(head: Head) -> str | None:
    """The activation that limits the logits; None where none does."""
    if one_unit_softmax(head):
        return None
    if head.loss.from_logits and head.loss.kind in CROSSENTROPIES:
        return head.activation if head.activation in _LIMITING - PROBABILITIES else None
    if len(head.activations) < 2 or head.activation not in ("softmax", "sigmoid"):  # noqa: PLR2004
        return None
    before = head.activations[-2]
    return before if before in _LIMITING else None


RULES: tuple[Rule, ...] = (
    softmax_on_one_unit,
    probabilities_expected,
    logits_expected,
    limited_logits,
    sigmoid_with_categorical,
)
