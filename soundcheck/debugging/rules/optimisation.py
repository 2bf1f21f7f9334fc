"""Rules on how the weights were moved: learning rate, optimizer, batches, epochs, schedule.

All of them ask first whether the training went badly: a learning rate that is a hundred times the usual is no
fault where the network has learnt. Counterparts of SageMaker Debugger's rules: `learning_rate_high` and
`exploding_gradient` (weights.py) of *exploding tensor*, `learning_rate_low` of *weight update ratio*,
`plateau` of *loss not decreasing*, `stalled` of *stalled training* (which there is measured by the clock),
`trained_past_its_best` of *overtraining*.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.layers import inner_optimizer
from soundcheck.debugging.rules.progress import (
    batch_rows,
    diverged,
    falling_share,
    first_update_ratio,
    has_recurrence,
    hidden,
    largest_learning_rate,
    learning_rate_against_usual,
    losses,
    observations,
    starts_finite,
    steps_an_epoch,
    steps_made,
    typical_update_ratio,
    usual_learning_rate,
    went_badly,
)

_OPTIMIZER = Where("argument", "optimizer")
_EPOCHS = Where("argument", "epochs")
_MODEL = Where("model", "loss")
_SLOW = frozenset({"SGD", "Adadelta", "Adagrad", "Ftrl"})
"""Optimizers whose step follows the size of the gradient, or shrinks for ever."""

_LARGE_RATIO = 0.01
"""A hundred such steps renew the weights: whatever the learning rate, it is not too low."""

_FEW_UPDATES_AN_EPOCH = 4
_FEWEST_ROWS_TO_DIVIDE = 128
_FEW_UPDATES = 1000
_TINY_BATCH_ROWS = 4


def learning_rate_high(case: Case) -> Iterator[Finding]:
    """The loss blew up, or never settled, while each step changed a large part of the weights.

    A step that changes a tenth of the weights (`max_update_ratio`, a hundred times what Karpathy's CS231n
    calls healthy) leaves the region in which the gradient says anything. Where the loss is not finite the
    rate is blamed if it is above the optimizer's usual one or such steps were seen; a recurrent network that
    blows up at a usual rate is `exploding_gradient`'s.
    """
    if not went_badly(case) or not starts_finite(case):
        return
    first, typical = first_update_ratio(case), typical_update_ratio(case)
    against = learning_rate_against_usual(case)
    most = case.settings.max_update_ratio
    unusual = against > case.settings.max_learning_rate_multiple
    if diverged(case):
        guilty = unusual or (first > most and not has_recurrence(case.model))
    else:
        died = first > most and _dead_share(case) > case.settings.max_dead_share
        guilty = not _falls(case) and (
            typical > most or (died and against > 1) or (unusual and first > most / 10)
        )
    if guilty:
        rate = largest_learning_rate(case)
        end = "is not finite in the end" if diverged(case) else "does not settle"
        yield Finding(
            "learning_rate_high",
            Severity.ERROR if diverged(case) else Severity.WARNING,
            Cause.LEARNING_RATE_HIGH,
            _OPTIMIZER,
            (
                Evidence("largest of the first steps, over the size of the weights", first, most, 0),
                Evidence("median step, over the size of the weights", typical, most),
                Evidence("learning rate", rate, usual_learning_rate(case.model)),
            ),
            f"A step changes the weights by up to {_part(_largest(first, typical))} of their size (0.001 is "
            f"healthy), and the loss {end}: with a learning rate of {rate:.3g} the optimizer jumps over what "
            "it looks for.",
            f"Lower the learning rate, to {min(rate / 10, usual_learning_rate(case.model)):.1g} say.",
        )


def learning_rate_low(case: Case) -> Iterator[Finding]:
    """The loss is far from what can be reached, and the rate is a tenth of the usual or less.

    Or each step changes less than 1e-4 of the weights (`min_update_ratio`; a tenth of Karpathy's 1e-3,
    CS231n) at a rate below the usual one. Keras's defaults are the usual rates, and those of the papers.
    """
    if not went_badly(case) or diverged(case):
        return
    against, typical = learning_rate_against_usual(case), typical_update_ratio(case)
    fewest = case.settings.min_update_ratio
    unusual = against <= case.settings.min_learning_rate_share and not typical > _LARGE_RATIO
    crawls = against < 1 and typical < fewest
    if not (unusual or crawls) or _is_default_adadelta(case):
        return
    rate = largest_learning_rate(case)
    yield Finding(
        "learning_rate_low",
        Severity.WARNING,
        Cause.LEARNING_RATE_LOW,
        _OPTIMIZER,
        (
            Evidence("median step, over the size of the weights", typical, fewest),
            Evidence("learning rate", rate, usual_learning_rate(case.model)),
            Evidence("share by which the loss still fell in the last third", falling_share(case)),
        ),
        f"A step changes {_part(typical)} of the weights (about 0.001 is healthy): with a learning rate of "
        f"{rate:.3g} the network is far from what the data allow after {steps_made(case)} steps.",
        f"Raise the learning rate, to {usual_learning_rate(case.model):.1g} say.",
    )


def slow_optimizer(case: Case) -> Iterator[Finding]:
    """At a usual rate each step changes less than 1e-4 of the weights, or thousands have not been enough.

    Plain SGD steps in proportion to the gradient, and Adagrad's and Adadelta's steps shrink: on badly scaled
    or deep problems they crawl where Adam (Kingma & Ba 2015), which divides by the gradient's size, does not.
    Layers without any gradient are `dead_units`' or `vanishing_gradient`'s matter.
    """
    name = type(inner_optimizer(case.model)).__name__
    if not went_badly(case) or diverged(case) or name not in _SLOW or _has_momentum(case):
        return
    typical = typical_update_ratio(case)
    by_default = _is_default_adadelta(case)
    usual = case.settings.min_learning_rate_share < learning_rate_against_usual(case) or by_default
    long = steps_made(case) > 5 * _FEW_UPDATES and falling_share(case) > 0
    crawls = typical < case.settings.min_update_ratio and falling_share(case) > 0
    if not usual or not (crawls or long or by_default) or _dead_share(case) > case.settings.max_dead_share:
        return
    yield Finding(
        "slow_optimizer",
        Severity.WARNING,
        Cause.OPTIMIZER,
        _OPTIMIZER,
        (
            Evidence("median step, over the size of the weights", typical, case.settings.min_update_ratio),
            Evidence("learning rate", largest_learning_rate(case)),
        ),
        f"{name} changes {_part(typical)} of the weights with each step (about 0.001 is healthy): after "
        f"{steps_made(case)} steps the loss still falls, far from what the data allow.",
        "Use keras.optimizers.Adam(0.001), or SGD with momentum=0.9.",
    )


def epochs_too_few(case: Case) -> Iterator[Finding]:
    """The loss still falls and the network is far from what the data allow, though its steps are sound.

    Where even straight steps could not have moved the weights by their own length (update ratio times steps
    below 1) there were too few of them: of epochs, or of updates in an epoch where the batches are so large
    that there are four or fewer (`batch_size`; Masters & Luschi 2018 find the best batches at 32 and below).
    """
    if not went_badly(case) or diverged(case) or not _moves_soundly(case):
        return
    path = typical_update_ratio(case) * steps_made(case)
    fall = falling_share(case)
    few = path < 1 or (steps_made(case) < _FEW_UPDATES and fall > case.settings.min_loss_fall_share)
    if not few and not fall > case.settings.min_loss_fall_share:
        return
    if fall <= 0:
        return
    yield _too_large_batches(case, fall) if _large_batches(case) else _too_few_epochs(case, path, fall)


def schedule(case: Case) -> Iterator[Finding]:
    """The learning rate fell below a hundredth of its start in the first half, before the network had learnt.

    From there on all further epochs together move the weights less than one of the first did, as long as
    there are fewer than a hundred of them.
    """
    rates = [] if case.record is None else case.record.learning_rates
    start = largest_learning_rate(case)
    if not went_badly(case) or diverged(case) or len(rates) < 2 or not start > 0:  # noqa: PLR2004
        return
    low = [place for place, rate in enumerate(rates) if rate < start * case.settings.min_schedule_share]
    if not low or low[0] >= len(rates) / 2 or max(rates[low[0] :]) > rates[low[0]]:
        return
    yield Finding(
        "schedule",
        Severity.WARNING,
        Cause.SCHEDULE,
        Where("argument", "learning_rate"),
        (
            Evidence(
                "share of the learning rate that was left",
                rates[low[0]] / start,
                case.settings.min_schedule_share,
            ),
            Evidence("epoch by which it had fallen", float(low[0] + 1)),
        ),
        f"The learning rate fell from {start:.3g} to {rates[low[0]]:.3g} by epoch {low[0] + 1} of "
        f"{len(rates)}: the rest of the training changed next to nothing, and the network had not learnt "
        "yet.",
        "Let the rate fall more slowly (over all steps of the training), and not below a hundredth of its "
        "start before the last epochs; give ReduceLROnPlateau more patience and a factor of 0.5.",
    )


def oscillation(case: Case) -> Iterator[Finding]:
    """From epoch to epoch the loss swings by a large share of itself without getting anywhere.

    Steps too large for the curvature make the loss jump from wall to wall of a valley (Goodfellow et al.
    2016, section 8.2); with batches of a few rows the noise of the gradient does.
    """
    curve = losses(case)
    last = curve[len(curve) // 2 :]
    if not went_badly(case) or len(last) < 4 or not np.isfinite(last).all():  # noqa: PLR2004
        return
    swings = np.abs(np.diff(last))
    share = float(swings.mean() / np.abs(last).mean()) if last.any() else 0.0
    turns = float(np.mean(np.diff(np.sign(np.diff(last))) != 0))
    if share < case.settings.max_loss_swing_share or turns < 0.5:  # noqa: PLR2004
        return
    tiny = (batch_rows(case) or _TINY_BATCH_ROWS + 1) <= _TINY_BATCH_ROWS
    yield Finding(
        "oscillation",
        Severity.WARNING,
        Cause.BATCH_SIZE if tiny else Cause.OSCILLATION,
        Where("argument", "batch_size") if tiny else _MODEL,
        (
            Evidence(
                "swing of the loss from epoch to epoch, as a share of it",
                share,
                case.settings.max_loss_swing_share,
            ),
        ),
        f"From one epoch to the next the loss swings by {share:.0%} of itself and gets nowhere.",
        "Take batches of 32 rows." if tiny else "Lower the learning rate to a third, or take larger batches.",
    )


def plateau(case: Case) -> Iterator[Finding]:
    """The network is no better than a constant guess after the training, and its loss does not fall any more.

    What a constant reaches is what every network finds within a few steps through its last biases alone.
    """
    outcome = case.outcome
    if not went_badly(case) or outcome is None or outcome.training > case.settings.max_trivial_skill:
        return
    yield Finding(
        "plateau",
        Severity.WARNING,
        Cause.PLATEAU,
        _MODEL,
        (
            Evidence("skill on the training rows", outcome.training, case.settings.max_trivial_skill),
            Evidence("share by which the loss still fell in the last third", falling_share(case)),
        ),
        f"After {steps_made(case)} steps the network does no better than a constant guess on the very rows "
        "it was trained on.",
        "Check that the labels belong to the rows and that the inputs are scaled; try Adam(0.001) and one "
        "or two hidden layers with ReLU.",
    )


def stalled(case: Case) -> Iterator[Finding]:
    """The data ran out: later epochs had less than half the batches of the first, or none."""
    steps = [] if case.record is None else case.record.epoch_steps
    if len(steps) < 2 or 2 * min(steps[1:]) >= steps[0]:  # noqa: PLR2004
        return
    epoch = 1 + int(np.argmin(steps[1:]))
    yield Finding(
        "stalled",
        Severity.WARNING if went_badly(case) else Severity.INFO,
        Cause.EPOCHS_TOO_FEW,
        Where("data", "x"),
        (Evidence("batches of the shortest epoch", float(steps[epoch]), steps[0] / 2),),
        f"Epoch {epoch} had {steps[epoch]} batches, the first one {steps[0]}: the data ran out.",
        "Let the generator start again for each epoch (dataset.repeat()), or leave steps_per_epoch away.",
    )


def trained_past_its_best(case: Case) -> Iterator[Finding]:
    """Most epochs came after the best one on the validation rows; whether that hurts `overfitting` tells."""
    curve = np.zeros(0) if case.record is None else case.record.curve("val_loss")
    if len(curve) < 8 or not np.isfinite(curve).all():  # noqa: PLR2004
        return
    best = int(np.argmin(curve)) + 1
    if case.record is None or case.record.kept_epoch is not None:
        return
    if best > len(curve) / 4 or curve[-1] <= curve[best - 1] * (1 + case.settings.max_validation_rise / 2):
        return
    yield Finding(
        "trained_past_its_best",
        Severity.INFO,
        Cause.EPOCHS_TOO_MANY,
        _EPOCHS,
        (Evidence("epoch with the lowest validation loss", float(best), len(curve) / 4),),
        f"The validation loss was lowest after epoch {best} of {len(curve)} and has risen since.",
        "Stop earlier: keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True).",
    )


def _large_batches(case: Case) -> bool:
    """Whether an epoch has hardly any updates although its rows would allow for many."""
    rows = batch_rows(case)
    return (
        rows is not None
        and rows >= _FEWEST_ROWS_TO_DIVIDE
        and 0 < steps_an_epoch(case) <= _FEW_UPDATES_AN_EPOCH
        and steps_made(case) < _FEW_UPDATES
    )


def _too_large_batches(case: Case, fall: float) -> Finding:
    updates = steps_an_epoch(case)
    return Finding(
        "epochs_too_few",
        Severity.WARNING,
        Cause.BATCH_SIZE,
        Where("argument", "batch_size"),
        (
            Evidence("steps in an epoch", float(updates), float(_FEW_UPDATES_AN_EPOCH)),
            Evidence("share by which the loss still fell in the last third", fall),
        ),
        f"With {batch_rows(case)} rows in a batch an epoch has {updates} updates: after {steps_made(case)} "
        "of them the loss still falls, far from what the data allow.",
        "Use batch_size=32.",
    )


def _too_few_epochs(case: Case, path: float, fall: float) -> Finding:
    return Finding(
        "epochs_too_few",
        Severity.WARNING,
        Cause.EPOCHS_TOO_FEW,
        _EPOCHS,
        (
            Evidence(
                "share by which the loss still fell in the last third",
                fall,
                case.settings.min_loss_fall_share,
            ),
            Evidence("median step times steps, over the size of the weights", path, 1.0),
        ),
        f"The loss was still falling when the training ended after {steps_made(case)} steps, far from what "
        "the data allow.",
        f"Train longer: at least {5 * max(len(losses(case)), 1)} epochs, with EarlyStopping on the "
        "validation loss.",
    )


def _moves_soundly(case: Case) -> bool:
    typical = typical_update_ratio(case)
    return (
        case.settings.min_update_ratio <= typical <= case.settings.max_update_ratio
        and learning_rate_against_usual(case) > case.settings.min_learning_rate_share
    )


def _falls(case: Case) -> bool:
    return falling_share(case) > case.settings.min_loss_fall_share


def _dead_share(case: Case) -> float:
    """The largest share of silent units of a hidden rectifier, as last seen."""
    seen = observations(case)
    shares = (
        [layer.zero_units for layer in hidden(case, seen[-1]) if layer.activation == "relu"] if seen else []
    )
    return max(shares, default=0.0)


def _has_momentum(case: Case) -> bool:
    return bool(getattr(inner_optimizer(case.model), "momentum", 0.0))


def _is_default_adadelta(case: Case) -> bool:
    """Whether Adadelta has Keras's default of 0.001 in place of its paper's 1.0: its choice is the fault."""
    is_adadelta = type(inner_optimizer(case.model)).__name__ == "Adadelta"
    return is_adadelta and math.isclose(largest_learning_rate(case), 0.001, rel_tol=1e-3)


def _part(share: float) -> str:
    """In words: NaN where no step was seen."""
    return "an unknown part" if math.isnan(share) else f"{share:.2g}"


def _largest(*values: float) -> float:
    return max((value for value in values if math.isfinite(value)), default=math.nan)


RULES: tuple[Rule, ...] = (
    learning_rate_high,
    learning_rate_low,
    slow_optimizer,
    epochs_too_few,
    schedule,
    oscillation,
    plateau,
    stalled,
    trained_past_its_best,
)
