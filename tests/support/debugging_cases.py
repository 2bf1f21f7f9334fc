"""Cases for the rules of `soundcheck.debugging`, made of a model and arrays."""

from typing import Any

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.building import built, untrained_case
from soundcheck.debugging.case import Case, FitSettings
from soundcheck.debugging.record import Record
from soundcheck.debugging.samples import from_arrays


def case_before(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    weights: Any = None,
    validation: tuple[Any, Any] | None = None,
    fit: FitSettings = FitSettings(),  # noqa: B008 - frozen
    settings: DebuggingConfig = DebuggingConfig(),  # noqa: B008 - frozen
) -> Case:
    """The case of a model that is about to be trained on arrays."""
    held = None if validation is None else from_arrays(*validation, None, settings.max_rows)
    sample = from_arrays(x, y, weights, settings.max_rows)
    built(model, sample)
    return untrained_case(model, sample, held, settings, fit)


def case_after(
    before: Case, *, epochs: int = 1, steps: int = 1, logs: dict[str, float] | None = None
) -> Case:
    """The same case as if a training with these logs in each epoch had ended; weights stay as they are."""
    record = Record([logs or {"loss": 1.0}] * epochs, [0.001] * epochs, [steps] * epochs, [], finished=True)
    return Case(
        before.model,
        before.sample,
        before.validation,
        before.heads,
        before.initial,
        before.settings,
        before.fit,
        record,
    )


def dense(*units: int, inputs: int, activation: str = "relu", last: str = "linear") -> Any:
    """A stack of dense layers, not compiled."""
    import keras

    hidden = [keras.layers.Dense(width, activation=activation) for width in units[:-1]]
    return keras.Sequential([keras.Input((inputs,)), *hidden, keras.layers.Dense(units[-1], activation=last)])
