"""What rules on a training share: did it go badly, did the loss still fall, how far did the weights move?"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.layers import inner_optimizer, leaf_layers

if TYPE_CHECKING:
    import keras

    from soundcheck.debugging.case import Case
    from soundcheck.debugging.record import LayerState, Observation

_FEWEST_EPOCHS_FOR_A_LINE = 4
_FIRST_STEPS = 10


def went_badly(case: Case) -> bool:
    """Whether there was a training, and it surely failed: only then is an unusual number a fault.

    Where the outcome cannot be told it is one that ended with a loss that is not finite.
    """
    if case.record is None:
        return False
    return diverged(case) if case.outcome is None else case.outcome.poor


def diverged(case: Case) -> bool:
    """Whether the loss was finite at the first batch and is not, later on."""
    return starts_finite(case) and not all(math.isfinite(one) for one in losses(case))


def starts_finite(case: Case) -> bool:
    """Whether the loss of the first batch, if it was seen, is finite, and so are the rows."""
    from soundcheck.debugging.samples import arrays_of

    seen = observations(case)
    arrays = [*arrays_of(case.sample.x), *arrays_of(case.sample.y)]
    data = all(array.dtype.kind != "f" or bool(np.isfinite(array).all()) for array in arrays)
    return data and (not seen or not math.isnan(seen[0].loss))


def observations(case: Case) -> list[Observation]:
    """Those of the training, in order; the last is of its end."""
    return [] if case.record is None else case.record.observations


def losses(case: Case) -> NDArray[np.float64]:
    """(epochs,) the training loss; where there is no log of that name, that of the observations."""
    curve = np.zeros(0) if case.record is None else case.record.curve("loss")
    if any("loss" in logs for logs in ([] if case.record is None else case.record.epochs)):
        return curve
    seen = np.array([one.loss for one in observations(case)])
    return seen[: 1 + np.flatnonzero(~np.isnan(seen))[-1]] if (~np.isnan(seen)).any() else np.zeros(0)


def falling_share(case: Case) -> float:
    """By which share of itself the loss still fell in the last third of the epochs; 0 where not surely.

    With four epochs and more it is the fall of a straight line, which counts where it exceeds twice its
    residuals' deviation; with fewer the last step, if the loss fell in every one.
    """
    curve = losses(case)
    first = observations(case)[0].loss if observations(case) else math.nan
    if len(curve) < _FEWEST_EPOCHS_FOR_A_LINE:
        curve = np.concatenate([[first], curve]) if math.isfinite(first) else curve
        steps = np.diff(curve)
        fell = len(steps) > 0 and bool((steps < 0).all())
        return float(-steps[-1] / abs(curve[-2])) if fell and curve[-2] else 0.0
    last = curve[-max(_FEWEST_EPOCHS_FOR_A_LINE, len(curve) // 3) :]
    if not np.isfinite(last).all() or not last.any():
        return 0.0
    places = np.arange(len(last))
    slope, start = np.polyfit(places, last, 1)
    fall = -slope * (len(last) - 1)
    residual = float(np.std(last - (start + slope * places)))
    return float(fall / abs(last[0])) if fall > 2 * residual else 0.0


def update_ratios(case: Case) -> NDArray[np.float64]:
    """(observations,) the median over layers of |update| / |weights| of one step; NaN where there is none.

    Karpathy's rule (Stanford CS231n, "Babysitting the learning process"): it should be near 1e-3.
    """
    return np.array(
        [
            _median([ratio_of(layer) for layer in seen.layers])
            if makes_a_step(case.model, seen)
            else math.nan
            for seen in observations(case)
        ]
    )


def makes_a_step(model: keras.Model, seen: Observation) -> bool:
    """Whether the optimizer changed the weights after a batch, or should have.

    One that accumulates gradients waits for several batches, one that scales the loss (mixed precision)
    passes over those whose gradients overflow: then no layer at all is changed.
    """
    scales = inner_optimizer(model) is not model.optimizer
    if not scales and batches_a_step(model) == 1:
        return True
    return any(layer.update_norm > 0 for layer in seen.layers)


def batches_a_step(model: keras.Model) -> int:
    """Batches whose gradients the optimizer adds up before it makes a step."""
    return getattr(inner_optimizer(model), "gradient_accumulation_steps", None) or 1


def steps_made(case: Case) -> int:
    """Steps of the optimizer in the whole training."""
    return 0 if case.record is None else case.record.steps // batches_a_step(case.model)


def ratio_of(layer: LayerState) -> float:
    """|update| / |weights| of a layer; NaN where it has no weights but zeros."""
    return layer.update_norm / layer.weight_norm if layer.weight_norm > 0 else math.nan


def typical_update_ratio(case: Case) -> float:
    """The median over the training; NaN where nothing was seen."""
    return _median(update_ratios(case))


def first_update_ratio(case: Case) -> float:
    """The largest one of the first ten steps; NaN where none was seen."""
    pairs = zip(observations(case), update_ratios(case), strict=True)
    finite = [ratio for one, ratio in pairs if one.step < _FIRST_STEPS and math.isfinite(ratio)]
    return max(finite, default=math.nan)


def learning_rate_against_usual(case: Case) -> float:
    """The largest learning rate, in multiples of the default of the optimizer; NaN where there is none."""
    return largest_learning_rate(case) / usual_learning_rate(case.model)


def largest_learning_rate(case: Case) -> float:
    """Over the training, which may begin with a warm-up from zero; NaN where there was none."""
    epochs = [] if case.record is None else case.record.learning_rates
    return max([*epochs, *(one.learning_rate for one in observations(case))], default=math.nan)


def usual_learning_rate(model: keras.Model) -> float:
    """The default of the optimizer's class; Adadelta's is that of its paper, 1.0, which Keras recommends."""
    return _USUAL_RATES.get(type(inner_optimizer(model)).__name__, math.nan)


_USUAL_RATES = {
    "Adadelta": 1.0,
    "SGD": 0.01,
    "RMSprop": 0.001,
    "Adam": 0.001,
    "AdamW": 0.001,
    "Adamax": 0.001,
    "Nadam": 0.001,
    "Adagrad": 0.01,
    "Ftrl": 0.001,
    "Lion": 0.0001,
    "Lamb": 0.001,
    "Muon": 0.001,
}


def batch_rows(case: Case) -> int | None:
    """Rows of a batch."""
    if case.sample.batch_rows:
        return case.sample.batch_rows[0]
    return case.fit.batch_size


def steps_an_epoch(case: Case) -> int:
    """Updates of the first epoch; 0 where there was none."""
    batches = case.record.epoch_steps[0] if case.record is not None and case.record.epoch_steps else 0
    return math.ceil(batches / batches_a_step(case.model))


def hidden(case: Case, seen: Observation) -> list[LayerState]:
    """The layers of an observation but those of the outputs and what follows them."""
    outputs = {head.layer for head in case.heads}
    last = next((place for place, layer in enumerate(seen.layers) if layer.name in outputs), None)
    if last is None:
        weighty = [place for place, layer in enumerate(seen.layers) if layer.weight_norm > 0]
        last = weighty[-1] if weighty else len(seen.layers)
    before = seen.layers[:last]
    names = {layer.name for layer in leaf_layers(case.model)}
    return [layer for layer in before if layer.name in names]


def has_recurrence(model: keras.Model) -> bool:
    """Whether there is a recurrent layer."""
    return any(hasattr(layer, "cell") or hasattr(layer, "return_sequences") for layer in leaf_layers(model))


def _median(values: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # only NaN
        return float(np.nanmedian(values)) if len(values) else math.nan
