"""Rules on what keeps a network from fitting: too much of it, or too little.

Counterparts of SageMaker Debugger's rules: `overfitting` of *overfit*, `confused_classes` of *confusion*.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head
from soundcheck.debugging.layers import leaf_layers
from soundcheck.debugging.record import Observation
from soundcheck.debugging.rules.progress import diverged, losses, observations, went_badly
from soundcheck.debugging.samples import arrays_of

_MODEL = Where("model", "weights")
_MANY_PARAMETERS_A_ROW = 10
_REGRESSION_RISE = 0.5
"""Two standard errors of the mean of 32 squared errors, each sqrt(2 / 32) of it where errors are normal."""

_GOOD_SKILL = 0.9
_HALF = 0.5


def dropout(case: Case) -> Iterator[Finding]:
    """Dropout removes so much that the network cannot learn, although it could.

    Srivastava et al. (2014) keep half to four fifths of the hidden units; above a rate of 0.7
    (`max_dropout_rate`) units receive the signal of a few others, with noise of 1.5 times its size
    (sqrt(rate / (1 - rate))). At any rate it is too much where the training loss is twice that of the same
    batch without dropout, and the network fails even on the rows it was trained on.
    """
    layers = [(layer, float(layer.rate)) for layer in leaf_layers(case.model) if _drops(layer)]
    if not layers or not went_badly(case) or diverged(case):
        return
    layer, rate = max(layers, key=lambda one: one[1])
    ratio = _mode_ratio(case)
    noisy = ratio > case.settings.max_mode_loss_ratio and rate >= _HALF
    if rate <= case.settings.max_dropout_rate and not noisy:
        return
    yield Finding(
        "dropout",
        Severity.WARNING,
        Cause.DROPOUT,
        Where("layer", layer.name),
        (
            Evidence("dropout rate", rate, case.settings.max_dropout_rate),
            Evidence(
                "loss in training mode over that in inference mode", ratio, case.settings.max_mode_loss_ratio
            ),
        ),
        f"{layer.name!r} drops {rate:.0%} of what it is given, and the network does not even fit the rows "
        "it was trained on.",
        f"Lower the rate of {layer.name!r} to 0.2, or leave the layer out.",
    )


def batch_normalisation(case: Case) -> Iterator[Finding]:
    """With the statistics of the batch the network works, with the moving ones it does not.

    After n steps moving statistics still hold momentum**n of their start: with Keras's 0.99, 37 % after 100
    steps, 5 % after 300. Loss in inference mode above twice that of the same batch in training mode, in which
    dropout makes it worse if anything, has no other cause.
    """
    layers = [layer for layer in leaf_layers(case.model) if type(layer).__name__ == "BatchNormalization"]
    seen = observations(case)
    if not layers or not seen or case.outcome is None or diverged(case):
        return
    ratio = 1 / _mode_ratio(case)
    if not (ratio > case.settings.max_mode_loss_ratio and _matters(case)):
        return
    steps = seen[-1].step
    momentum: Any = max(float(layer.momentum) for layer in layers)
    remaining = momentum**steps
    yield Finding(
        "batch_normalisation",
        Severity.WARNING,
        Cause.BATCH_NORMALISATION,
        Where("layer", layers[0].name),
        (
            Evidence(
                "loss in inference mode over that in training mode",
                ratio,
                case.settings.max_mode_loss_ratio,
                steps,
            ),
            Evidence("share of the first statistics in the moving ones", remaining),
        ),
        f"The same batch has {ratio:.1f} times the loss in inference mode: after {steps} steps with momentum "
        f"{momentum:g} the moving statistics do not stand for the data.",
        "Set momentum=0.9 in BatchNormalization and train with batches of 16 rows or more, for more steps."
        if remaining > 0.01  # noqa: PLR2004
        else "Use batches of 16 rows or more, in an order that mixes the classes, or LayerNormalization.",
    )


def weight_penalty(case: Case) -> Iterator[Finding]:
    """The penalty on the weights is more than half of the loss at the end, and the network failed.

    From there on (`max_penalty_share`) the optimizer has more to gain from small weights than from right
    answers.
    """
    if not went_badly(case) or diverged(case):
        return
    shares = [
        one.penalty / one.loss for one in observations(case) if one.loss > 0 and math.isfinite(one.loss)
    ]
    if not shares or not max(shares[0], shares[-1]) > case.settings.max_penalty_share:
        return
    first, last = observations(case)[0], observations(case)[-1]
    regularised = [layer for layer in leaf_layers(case.model) if _penalised(layer)]
    where = Where("layer", regularised[0].name) if regularised else _MODEL
    yield Finding(
        "weight_penalty",
        Severity.WARNING,
        Cause.WEIGHT_PENALTY,
        where,
        (
            Evidence(
                "share of the penalty in the loss", shares[-1], case.settings.max_penalty_share, last.step
            ),
            Evidence(
                "share of the penalty in the loss", shares[0], case.settings.max_penalty_share, first.step
            ),
            Evidence(
                "size of the last weights over that of the first", _weight_norm(last) / _weight_norm(first)
            ),
        ),
        f"The penalty on the weights makes up {shares[0]:.0%} of the loss at the start and {shares[-1]:.0%} "
        "at the end: the network learns to have small weights, not to be right.",
        "Lower the factor of the regularizer a hundredfold, to 1e-4 or less.",
    )


def overfitting(case: Case) -> Iterator[Finding]:
    """The validation loss has risen well above its best, and it shows in what the network is worth.

    A rising loss alone is common where accuracy does not suffer: it alarms only if the loss has become worse
    than that of a constant guess, if the validation metric fell from its best by more than two standard
    errors, if ordinary learners do better on unseen rows by as much, or, for a regression, if the loss rose
    by half and the explained variance fell by as much: a rise from next to nothing costs nothing. The
    standard error is 1 / sqrt(rows) at most. Where the weights of an earlier epoch were put back, it is that
    epoch's loss that has to have risen.
    """
    curve = np.zeros(0) if case.record is None else case.record.curve("val_loss")
    if len(curve) < 4 or not np.isfinite(curve).all() or diverged(case):  # noqa: PLR2004
        return
    best = int(np.argmin(curve))
    reached = _at_the_end(case, curve)
    rise = float(reached / curve[best] - 1) if curve[best] > 0 else 0.0
    trained = losses(case)
    if rise <= case.settings.max_validation_rise or not trained[-1] < min(trained[best], curve[-1]):
        return
    harm = _harm(case, reached, rise)
    yield Finding(
        "overfitting",
        Severity.INFO if harm is None else Severity.WARNING,
        Cause.OVERFITTING,
        _MODEL,
        (
            Evidence(
                "rise of the validation loss, as a share of its lowest",
                rise,
                case.settings.max_validation_rise,
            ),
            Evidence("epoch with the lowest validation loss", float(best + 1)),
            *([] if harm is None else [harm]),
        ),
        f"The validation loss was best after epoch {best + 1} of {len(curve)} and has risen by {rise:.0%}, "
        "while the training loss went on falling: the network learns its rows by heart.",
        "Stop at the best epoch (EarlyStopping with restore_best_weights=True), add Dropout(0.3) or weight "
        "decay, use fewer units, or get more data.",
    )


def capacity_too_large(case: Case) -> Iterator[Finding]:
    """More than ten weights for each row of the training data, in a network that overfits.

    Networks with many more weights than rows may generalise well (Zhang et al. 2017): by itself it says
    nothing.
    """
    rows = case.sample.total_rows or case.sample.rows
    parameters = case.model.count_params()
    harmful = any(one.severity > Severity.INFO for one in overfitting(case))
    if harmful and parameters > _MANY_PARAMETERS_A_ROW * rows:
        yield Finding(
            "capacity_too_large",
            Severity.INFO,
            Cause.CAPACITY_TOO_LARGE,
            _MODEL,
            (Evidence("weights for each row", parameters / rows, float(_MANY_PARAMETERS_A_ROW)),),
            f"The network has {parameters} weights for {rows} rows, and it learns them by heart.",
            "Halve the units of the hidden layers until validation no longer gets better.",
        )


def underfitting(case: Case) -> Iterator[Finding]:
    """The network stays behind ordinary learners, on the very rows it was trained on."""
    outcome, standard = case.outcome, case.standard
    if not went_badly(case) or outcome is None or not outcome.training > case.settings.max_trivial_skill:
        return
    reached = math.nan if standard is None else standard.skill
    yield Finding(
        "underfitting",
        Severity.WARNING,
        Cause.UNDERFITTING,
        _MODEL,
        (Evidence("skill on the training rows", outcome.training, reached),),
        f"On the rows it was trained on the network reaches a skill of {outcome.training:.2f} (0: constant "
        "guess, 1: perfect)"
        + (
            "."
            if math.isnan(reached)
            else f"; an ordinary learner reaches {reached:.2f} on rows it has not seen."
        ),
        "Train longer with Adam(0.001), with scaled inputs, and then with more units; regularise less.",
    )


def confused_classes(case: Case) -> Iterator[Finding]:
    """One class is taken for another more often than it is recognised, though the network does well.

    The rest of a confusion matrix is error analysis, not debugging.
    """
    from soundcheck.debugging.outcome import Task, class_numbers, task_of

    outcome, head = case.outcome, case.heads[0] if case.heads else None
    if outcome is None or outcome.poor or head is None or task_of(head, head.targets) is not Task.CLASSES:
        return
    outputs = _outputs(case, head)
    if outputs is None or outputs.ndim != 2 or outputs.shape[1] < 3:  # noqa: PLR2004
        return
    wanted, predicted = class_numbers(head, np.asarray(head.targets)), outputs.argmax(axis=-1)
    for label in np.unique(wanted):
        counts = np.bincount(predicted[wanted == label], minlength=outputs.shape[1])
        other = int(np.argmax(counts))
        if counts.sum() >= 10 and other != label and counts[other] > counts.sum() / 2:  # noqa: PLR2004
            share = counts[other] / counts.sum()
            yield Finding(
                "confused_classes",
                Severity.INFO,
                Cause.UNDERFITTING,
                Where("data", f"class {label}"),
                (Evidence("share of the class taken for another", float(share), 0.5),),
                f"Of the rows of class {label}, {share:.0%} are taken for class {other}.",
                f"Listen to, or look at, rows of classes {label} and {other}: they may be mislabelled or "
                "too alike.",
            )


def _drops(layer: Any) -> bool:
    return "Dropout" in type(layer).__name__ and float(getattr(layer, "rate", 0) or 0) > 0


def _mode_ratio(case: Case) -> float:
    """Training over inference loss of one batch with the last weights, penalties apart; NaN where unknown."""
    seen = [one for one in observations(case) if math.isfinite(one.inference_loss)]
    if not seen:
        return math.nan
    last = seen[-1]
    training, inference = last.loss - last.penalty, last.inference_loss - last.penalty
    return training / inference if inference > 0 and training > 0 else math.nan


def _matters(case: Case) -> bool:
    """Whether the network is worse for it: it failed, or is far from what the training mode shows."""
    assert case.outcome is not None  # noqa: S101 (asked before)
    return case.outcome.poor or case.outcome.training < _GOOD_SKILL


def _penalised(layer: Any) -> bool:
    names = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "embeddings_regularizer")
    return any(getattr(layer, name, None) is not None for name in names)


def _weight_norm(seen: Observation) -> float:
    return math.sqrt(sum(layer.weight_norm**2 for layer in seen.layers)) or math.nan


def _at_the_end(case: Case, curve: NDArray[np.float64]) -> float:
    """A log with the weights that the model has after the training; without the noise of a single epoch."""
    assert case.record is not None  # noqa: S101 (asked before)
    kept = case.record.kept_epoch
    return float(np.median(curve[-3:]) if kept is None else curve[kept])


def _harm(case: Case, reached: float, rise: float) -> Evidence | None:
    """What shows that a validation loss, risen to what it reached, hurts; None where nothing does."""
    error = 2 / math.sqrt(max(case.validation.rows, 1)) if case.validation is not None else 0.2
    fallen = _metric_fall(case)
    if fallen > error:
        return Evidence("fall of the validation accuracy from its best", fallen, error)
    validation = None if case.outcome is None else case.outcome.validation
    if (
        validation is not None
        and case.standard is not None
        and case.standard.skill - validation > max(error, 0.15)
    ):
        return Evidence("skill on the validation rows", validation, case.standard.skill)
    trivial = _trivial_cross_entropy(case)
    if trivial is not None:
        return Evidence("validation loss at the end", reached, trivial) if reached > trivial else None
    return _harm_to_values(case, rise, error)


def _harm_to_values(case: Case, rise: float, error: float) -> Evidence | None:
    """Of a regression: the loss has risen by half, and with it the share of the variance not explained.

    That share goes as the loss. Where it is not known, the rise alone has to do.
    """
    if not case.heads or case.heads[0].labels != "real" or rise <= _REGRESSION_RISE:
        return None
    skill = None if case.outcome is None else case.outcome.validation
    if skill is None or math.isnan(skill):
        return Evidence("rise of the validation loss, as a share of its lowest", rise, _REGRESSION_RISE)
    lost = (1 - skill) * rise / (1 + rise)
    return Evidence("explained variance lost since the best epoch", lost, error) if lost > error else None


def _metric_fall(case: Case) -> float:
    """How far the validation accuracy is below its best; 0 without one."""
    assert case.record is not None  # noqa: S101 (asked before)
    names = [
        name for logs in case.record.epochs[:1] for name in logs if name.startswith("val_") and "acc" in name
    ]
    falls = [np.max(curve) - _at_the_end(case, curve) for curve in map(case.record.curve, names)]
    return float(max(falls, default=0.0))


def _trivial_cross_entropy(case: Case) -> float | None:
    """Cross-entropy of the class frequencies, for one class a row; None where the loss is another."""
    from soundcheck.debugging.outcome import Task, class_numbers, task_of

    head = case.heads[0] if len(case.heads) == 1 else None
    if head is None or head.targets is None or task_of(head, head.targets) is not Task.CLASSES:
        return None
    if "crossentropy" not in head.loss.name or "focal" in head.loss.name:
        return None
    shares = np.unique(class_numbers(head, head.targets), return_counts=True)[1] / len(head.targets)
    return float(-(shares * np.log(shares)).sum())


def _outputs(case: Case, head: Head) -> NDArray[np.float64] | None:
    """(rows, ...) of the trained model's first head; None where rows and targets do not match."""
    from soundcheck.debugging.outcome import first_outputs

    targets = arrays_of(case.sample.y)
    if head.targets is None or len(targets) != len(case.heads) or len(head.targets) != case.sample.rows:
        return None
    return first_outputs(case.model, case.sample)


RULES: tuple[Rule, ...] = (
    dropout,
    batch_normalisation,
    weight_penalty,
    overfitting,
    capacity_too_large,
    underfitting,
    confused_classes,
)
