"""Preflight: what can be known of a training before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.building import built, untrained_case
from soundcheck.debugging.findings import Finding
from soundcheck.debugging.random_state import preserved_random_state
from soundcheck.debugging.ranking import ranked
from soundcheck.debugging.rules import evaluated, every_rule
from soundcheck.debugging.sources import sample_of, three

if TYPE_CHECKING:
    import keras


def preflight(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    validation_data: Any = None,
    max_seconds: float | None = None,
    settings: DebuggingConfig | None = None,
) -> list[Finding]:
    """Looks for the faults of a training that can be seen before it.

    Neither the model nor the data nor any random state is changed: the training that follows is, bit for
    bit, the one it would have been. A generator gets the batches back that were looked at: the model's next
    `fit` with it sees them again.

    Args:
        model: any compiled Keras model.
        x: as `fit` takes it: arrays, tensors, a `tf.data.Dataset`, a generator or a `keras.utils.PyDataset`.
        y: as `fit` takes it.
        sample_weight: as `fit` takes it.
        validation_data: as `fit` takes it.
        max_seconds: longest time in s; unless given, that of the settings.
        settings: thresholds of the rules.

    Returns:
        The findings, the likely root cause first; none for a healthy model.

    Raises:
        ValueError: the model is not compiled, or the data have no rows.
    """
    if not getattr(model, "compiled", False):
        raise ValueError(f"model {model.name!r} is not compiled; call model.compile(...) before preflight")
    settings = settings or DebuggingConfig()
    if max_seconds is not None:
        settings = settings.model_copy(update={"max_seconds": max_seconds})
    sample = sample_of(model, x, y, sample_weight, settings.max_rows)
    validation = None
    if validation_data is not None:
        validation = sample_of(model, *three(validation_data), settings.max_rows)
    built(model, sample)
    with preserved_random_state(model):
        case = untrained_case(model, sample, validation, settings)
        return ranked(evaluated(every_rule(), case))
