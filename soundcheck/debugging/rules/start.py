"""Probes of a model that is not trained yet: where does it start, and can it move?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.experiments import Plan, train
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head, LabelKind, LossKind
from soundcheck.debugging.layers import leaf_layers
from soundcheck.debugging.readers import given_to
from soundcheck.debugging.rules.progress import has_recurrence, usual_learning_rate

_FEWEST_ROWS = 8


def initial_loss(case: Case) -> Iterator[Finding]:
    """The loss before training, held against that of a model which knows nothing.

    A classifier with small weights gives each of k classes about 1/k: a cross-entropy of ln k (CS231n,
    "Look for correct loss at chance performance"). One that starts far above it is sure of wrong answers,
    and has to unlearn them first. A regression is held against the predictor of the mean, whose squared
    error is the variance of the targets.
    """
    if case.record is not None:
        return
    most = case.settings.max_initial_loss_ratio
    for head in case.heads:
        regression = head.loss.kind == LossKind.REGRESSION
        loss = _squared_error(head) if regression else _cross_entropy(head)
        theory = _variance(head) if regression else _chance(head)
        if loss is None or theory is None or not loss > most * theory:
            continue
        name = "squared error" if regression else "cross-entropy"
        bar = "the predictor of the mean" if regression else "a model that knows nothing"
        yield Finding(
            "initial_loss",
            Severity.INFO,
            Cause.TARGET_NOT_NORMALISED if regression else Cause.INITIALISATION,
            Where("data", "y") if regression else Where("layer", head.layer),
            (Evidence(f"initial {name}", loss, most * theory),),
            f"Before any training the {name} of {head.name!r} is {loss:.3g}; {bar} would have {theory:.3g}. "
            "The first steps go into getting there.",
            f"Scale the {'targets and the ' if regression else ''}inputs to a mean of 0 and a standard "
            "deviation of 1, or give the last layer smaller initial weights.",
        )


def modes_agree(case: Case) -> Iterator[Finding]:
    """The untrained model should do alike in training and in inference mode.

    Batch normalisation uses the batch's statistics in the one and its moving ones, first 0 and 1, in the
    other; a loss that is several times the other says that these are far apart, as they then are for a while.
    """
    seen = case.initial
    if case.record is not None or seen is None or not (seen.loss > 0 and seen.inference_loss > 0):
        return
    ratio = max(seen.loss / seen.inference_loss, seen.inference_loss / seen.loss)
    if ratio <= case.settings.max_initial_loss_ratio:
        return
    normalises = any(layer.kind == "BatchNormalization" for layer in seen.layers)
    yield Finding(
        "modes_agree",
        Severity.INFO,
        Cause.BATCH_NORMALISATION if normalises else Cause.DROPOUT,
        Where("model", case.model.name),
        (
            Evidence(
                "greater over smaller loss of the two modes", ratio, case.settings.max_initial_loss_ratio
            ),
        ),
        f"Before any training the loss is {seen.loss:.3g} in training mode and {seen.inference_loss:.3g} in "
        "inference mode, on the same rows.",
        "Scale the inputs, so that moving statistics of 0 and 1 suit them." if normalises else "Drop less.",
    )


def constant_output(case: Case) -> Iterator[Finding]:
    """The untrained model must answer different inputs differently, or no gradient tells them apart.

    Weights of the last layers that are all zero are right where what they are given differs: their own
    gradient is then enough for the first step.
    """
    if case.record is not None or case.sample.rows < _FEWEST_ROWS:
        return
    for head in case.heads:
        if head.outputs is None or (head.units == 1 and head.activation == "softmax"):
            continue  # the one is no output at all, the other has a finding of its own
        spread = _spread(head.outputs)
        if not math.isfinite(spread) or spread > np.finfo(np.float32).eps or _only_last_layers_are_zero(case):
            continue
        yield _constant(case, head, spread)


def small_batch_overfits(case: Case) -> Iterator[Finding]:
    """A network that cannot learn a few rows by heart will learn no more of many.

    After CS231n, "Overfit a tiny subset of data": it has 16 rows, its own optimizer and no dropout. Where its
    loss grows, Adam(0.001) is tried: if that succeeds, the fault is in the size of the steps. At a usual rate
    it is in the gradients of a recurrent network, which grow with each time step (Pascanu et al. 2013).
    """
    if case.record is not None or case.initial is None or case.sample.rows < _FEWEST_ROWS:
        return
    few = case.sample.spread(case.settings.small_batch_rows)
    steps, enough = case.settings.small_batch_steps, case.settings.small_batch_loss_share
    plan = Plan(few, steps=steps, batch_size=few.rows, dropout=False, enough=enough)
    own = train(case.model, plan, case.settings.max_seconds * 0.2)
    if own is None or own.fell_to < enough:
        return
    other = train(case.model, plan.with_adam(), case.settings.max_seconds * 0.2)
    if other is None or other.fell_to >= enough or not own.diverged:
        return
    rate = case.initial.learning_rate
    usual = rate <= usual_learning_rate(case.model) and has_recurrence(case.model)
    remedy = f"Lower the learning rate (now {rate:g}), at first to a tenth."
    yield Finding(
        "small_batch_overfits",
        Severity.WARNING,
        Cause.EXPLODING_GRADIENT if usual else Cause.LEARNING_RATE_HIGH,
        Where("argument", "optimizer"),
        (
            Evidence("loss after the steps, over the loss before", own.fell_to, 1.0),
            Evidence("the same with Adam(0.001)", other.fell_to, enough),
        ),
        f"With its own optimizer (learning rate {rate:g}) the model cannot even learn {few.rows} rows by "
        f"heart: the loss goes from {own.first:.3g} to {own.last:.3g} in {own.steps} steps. With Adam at "
        f"0.001 it falls to {other.last:.3g}.",
        "Give the optimizer clipnorm=1.0." if usual else remedy,
    )


def _cross_entropy(head: Head) -> float | None:
    """Of probabilities as the untrained model gives them; None where the head is no classifier."""
    if head.outputs is None or head.targets is None or head.loss.from_logits:
        return None
    if head.activation == "softmax" and head.units > 1:
        chosen = _probability_of_the_label(head)
    elif (
        head.activation == "sigmoid" and head.labels == LabelKind.BINARY and head.loss.kind == LossKind.BINARY
    ):
        outputs = head.outputs.reshape(-1)
        targets = head.targets.reshape(-1)
        if len(outputs) != len(targets):
            return None
        chosen = np.where(targets > 0, outputs, 1 - outputs)
    else:
        return None
    return None if chosen is None else float(-np.log(np.clip(chosen, 1e-7, 1)).mean())


def _probability_of_the_label(head: Head) -> NDArray[np.float64] | None:
    if head.outputs is None or head.targets is None:
        return None
    if head.labels == LabelKind.ONE_HOT and head.targets.shape == head.outputs.shape:
        return (head.outputs * head.targets).sum(axis=-1)
    places = head.targets.reshape(-1)
    outputs = head.outputs.reshape(-1, head.units)
    whole = head.labels in (LabelKind.INTEGERS, LabelKind.BINARY) and len(places) == len(outputs)
    if not whole or places.min() < 0 or places.max() >= head.units:
        return None
    return outputs[np.arange(len(outputs)), places.astype(np.int64)]


def _squared_error(head: Head) -> float | None:
    if head.outputs is None or head.targets is None or head.targets.dtype.kind not in "fiub":
        return None
    if head.targets.size != head.outputs.size:
        return None
    return float(np.square(head.outputs.reshape(-1) - head.targets.reshape(-1)).mean())


def _variance(head: Head) -> float | None:
    """The squared error of the mean; None where the targets do not vary."""
    if head.targets is None or head.targets.dtype.kind not in "fiub":
        return None
    return float(head.targets.var(axis=0).mean()) or None


def _chance(head: Head) -> float | None:
    if head.activation == "softmax" and head.units > 1:
        return math.log(head.units)
    return math.log(2) if head.activation == "sigmoid" else None


def _spread(outputs: NDArray[np.float64]) -> float:
    """Largest standard deviation over the rows, relative to the largest magnitude."""
    return float(outputs.std(axis=0).max() / max(float(np.abs(outputs).max()), np.finfo(np.float32).tiny))


def _only_last_layers_are_zero(case: Case) -> bool:
    """Whether the zero layers, which some set on purpose, are all given what differs from row to row."""
    zero = [layer for layer in leaf_layers(case.model) if layer.weights and _all_zero(layer.weights)]
    given = given_to(case, zero)
    return bool(zero) and len(given) == len(zero) and all(_differ(values) for _, values in given)


def _all_zero(weights: list[object]) -> bool:
    return all(not np.asarray(weight).any() for weight in weights)


def _differ(rows: NDArray[Any]) -> bool:
    return bool((rows != rows[:1]).any())


def _constant(case: Case, head: Head, spread: float) -> Finding:
    cause, layer, why, remedy = _why_constant(case, head)
    return Finding(
        "constant_output",
        Severity.WARNING,
        cause,
        Where("layer", layer),
        (Evidence("spread of the outputs over the rows", spread, float(np.finfo(np.float32).eps)),),
        f"The untrained model gives the same output for every row: {why}. No gradient can tell them apart.",
        remedy,
    )


def _why_constant(case: Case, head: Head) -> tuple[Cause, str, str, str]:
    layers = () if case.initial is None else case.initial.layers
    for layer in layers:
        if layer.trainable and layer.weight_norm == 0:
            why = f"all weights of layer {layer.name!r} are zero"
            return Cause.INITIALISATION, layer.name, why, "Use a random initialiser, such as glorot_uniform."
        if layer.zero_units == 1:
            why = f"all units of layer {layer.name!r} are zero for every row"
            return Cause.DEAD_UNITS, layer.name, why, "Scale the inputs; use he_normal weights or leaky_relu."
        if layer.saturated > case.settings.max_saturated_share:
            why = f"the units of layer {layer.name!r} are saturated for every row"
            return Cause.SATURATION, layer.name, why, "Scale the inputs to a standard deviation of 1."
    if layers and all(layer.connected for layer in layers if layer.trainable):
        why = f"its {len(layers)} layers pass on next to nothing of the input"
        return Cause.VANISHING_GRADIENT, head.layer, why, "Use relu between the layers, or fewer of them."
    why = "the output does not depend on the input"
    return (
        Cause.LAYER_DISCONNECTED,
        head.layer,
        why,
        "Pass each layer the tensor that the one before it returned.",
    )


RULES: tuple[Rule, ...] = (initial_loss, modes_agree, constant_output, small_batch_overfits)
