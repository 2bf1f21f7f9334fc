"""From a model and its data to the case of its training, before it and after it."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, FitSettings
from soundcheck.debugging.heads import heads_of
from soundcheck.debugging.layers import called
from soundcheck.debugging.record import Observation, Record
from soundcheck.debugging.samples import Sample, arrays_of

if TYPE_CHECKING:
    import keras

    from soundcheck.config import DebuggingConfig

_CHUNK = 128
_FIRST_BATCH = 32
_FORWARD_SHARE = 0.1
"""Share of the time allowed that one pass over the sample may take; the rest is for the checks."""


def built(model: keras.Model, sample: Sample) -> bool:
    """Makes the weights of a model that has none yet, just as `fit` would; whether it could be called.

    Not within a preserved random state: `fit` would draw the same numbers at this point. The optimizer is
    left to `fit`: a `train_step` may use layers that `call` does not, which it would not know.
    """
    if model.built and (model.weights or not model.layers):
        return True
    first = sample.take(np.arange(min(_FIRST_BATCH, sample.rows)))
    optimizer = getattr(model, "optimizer", None)
    model.optimizer = None
    try:
        model._symbolic_build(data_batch=(first.x, first.y, first.weights))  # pyright: ignore[reportPrivateUsage]
    except Exception:  # noqa: BLE001 - `fit` will raise the same, in the user's own words
        return False
    finally:
        model.optimizer = optimizer
    return model.built


def untrained_case(
    model: keras.Model,
    sample: Sample,
    validation: Sample | None,
    settings: DebuggingConfig,
    fit: FitSettings = FitSettings(),  # noqa: B008 - frozen
) -> Case:
    """The case of a model before its training; within a preserved random state, the model built."""
    sample, validation = _in_output_order(model, sample), _in_output_order(model, validation)
    rows, outputs = outputs_of(model, sample, settings.max_seconds * _FORWARD_SHARE)
    heads = heads_of(model, outputs, rows.y)
    initial = (
        None if outputs is None else _first_observation(model, rows.spread(fit.batch_size or _FIRST_BATCH))
    )
    return Case(model, rows, validation, heads, initial, settings, fit)


def trained_case(
    model: keras.Model,
    start: Sequence[NDArray[Any]],
    sample: Sample,
    validation: Sample | None,
    settings: DebuggingConfig,
    fit: FitSettings,
    record: Record,
) -> Case:
    """The case of a model after its training; within a preserved random state.

    Args:
        model: as it ended.
        start: the values of its weights when the training began; () where they are not known.
        sample: rows of the training data.
        validation: rows of the validation data.
        settings: thresholds.
        fit: what `fit` was told.
        record: of the training. One more observation is added: rows of the sample, with the last weights.
    """
    from soundcheck.debugging.watched_training import observed

    sample, validation = _in_output_order(model, sample), _in_output_order(model, validation)
    with _at(model, start):
        rows, outputs = outputs_of(model, sample, settings.max_seconds * _FORWARD_SHARE)
    initial = next((seen for seen in record.observations if seen.step == 0), None)
    last = None
    if record.observations:
        some = rows.spread(fit.batch_size or rows.rows)
        last = observed(model, (some.x, some.y, some.weights), record, inference=True)
    seen = record.observations if last is None else [*record.observations, last]
    heads = heads_of(model, outputs, rows.y)
    whole = replace(record, observations=seen)
    return Case(model, rows, validation, heads, initial, settings, fit, whole)


@overload
def _in_output_order(model: keras.Model, sample: Sample) -> Sample: ...
@overload
def _in_output_order(model: keras.Model, sample: Sample | None) -> Sample | None: ...
def _in_output_order(model: keras.Model, sample: Sample | None) -> Sample | None:
    """Targets that were given by the names of the outputs as a list, as the model gives its outputs.

    Where it gives them by name, too, both are in the order of the names.
    """
    outputs = getattr(model, "_outputs_struct", None)
    if sample is None or not isinstance(sample.y, Mapping) or not isinstance(outputs, list | tuple):
        return sample
    names = model.output_names
    return replace(sample, y=[sample.y[name] for name in names]) if set(names) == set(sample.y) else sample


@contextmanager
def _at(model: keras.Model, start: Sequence[NDArray[Any]]) -> Generator[None]:
    """Within it the model has these weights; its own, where there are none for it."""
    from soundcheck.debugging.observations import kept

    if len(start) != len(model.weights):
        yield
        return
    with kept(model.weights):
        for variable, value in zip(model.weights, start, strict=True):
            variable.assign(value)
        yield


def _first_observation(model: keras.Model, first: Sample) -> Observation | None:
    """None where the loss does not take these outputs and targets: that is for the rules to explain."""
    from soundcheck.debugging.observations import observe

    try:
        return observe(model, first.x, first.y, first.weights, step=0, epoch=0)
    except Exception:  # noqa: BLE001 - `fit` will raise the same, in the user's own words
        return None


def outputs_of(model: keras.Model, sample: Sample, max_seconds: float) -> tuple[Sample, Any]:
    """What a model gives for a sample in inference mode, in its structure; None where it cannot be called.

    Where that would take longer than allowed, the rows become fewer, evenly spread.
    """
    started_s = time.monotonic()
    try:
        _answers(model, sample.spread(_CHUNK).x)
    except Exception:  # noqa: BLE001 - a model that cannot take its data is what the rules explain
        return sample, None
    chunk_s = time.monotonic() - started_s
    affordable = max(int(max_seconds / chunk_s), 1) * _CHUNK
    rows = sample.spread(affordable)
    return rows, _joined([_answers(model, chunk.x) for chunk in _chunks(rows)])


def _chunks(sample: Sample) -> Iterator[Sample]:
    for start in range(0, sample.rows, _CHUNK):
        yield sample.take(np.arange(start, min(start + _CHUNK, sample.rows)))


def _answers(model: keras.Model, x: Any) -> Any:
    import keras

    return keras.tree.map_structure(keras.ops.convert_to_numpy, called(model, x, training=False))


def _joined(chunks: list[Any]) -> Any:
    import keras

    if not all(len(one.shape) for one in arrays_of(chunks[0])):
        return None  # not one output a row
    return keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *chunks)
