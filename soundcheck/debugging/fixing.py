"""Whether the change that a finding asks for helps, for anybody's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.building import built, untrained_case
from soundcheck.debugging.changes import CHANGES
from soundcheck.debugging.experiments import trainable_by_loss
from soundcheck.debugging.findings import Finding
from soundcheck.debugging.random_state import preserved_random_state
from soundcheck.debugging.sources import sample_of
from soundcheck.debugging.trials import Trial, trials_of

if TYPE_CHECKING:
    import keras


def try_fix(
    model: keras.Model,
    x: Any,
    y: Any,
    finding: Finding,
    *,
    settings: DebuggingConfig | None = None,
) -> Trial:
    """Trains a model for a short while with and without the change that a finding asks for.

    The model is left as it was, and so is every random state.

    Args:
        model: compiled. Where it was trained, the trials start from new weights, if it can be cloned.
        x: as `fit` takes it.
        y: as `fit` takes it.
        finding: what is to be tried.
        settings: the budget, `trial_steps` and `trial_seconds`.

    Raises:
        ValueError: there is no mechanical change for the cause, or more than the loss trains the model.
    """
    settings = settings or DebuggingConfig()
    sample = sample_of(model, x, y, None, settings.max_rows)
    if finding.cause not in CHANGES:
        raise ValueError(
            f"finding.cause={str(finding.cause)!r} has no change that can be tried; these have: "
            + ", ".join(sorted(CHANGES))
        )
    if not built(model, sample) or not trainable_by_loss(model):
        raise ValueError(f"model {model.name!r} has a training step of its own, or cannot be called with x")
    with preserved_random_state(model):
        case = untrained_case(model, sample, None, settings)
        trials = list(trials_of(case, _fresh(model), [finding.cause]))
    if not trials:
        raise ValueError(f"finding.cause={str(finding.cause)!r}: nothing to try on model {model.name!r}")
    return max(trials, key=lambda trial: trial.gain)


def _fresh(model: keras.Model) -> tuple[NDArray[Any], ...]:
    """Values of the weights before any training: those the model has, new ones where it was trained."""
    import keras

    values = [np.array(weight) for weight in model.weights]
    if not int(np.asarray(model.optimizer.iterations)):
        return tuple(values)
    try:
        clone = keras.models.clone_model(model)
    except (NotImplementedError, ValueError, TypeError):
        return tuple(values)  # a subclass that does not say how it is made
    return tuple(
        np.asarray(new) if old.trainable else value
        for new, old, value in zip(clone.weights, model.weights, values, strict=True)
    )
