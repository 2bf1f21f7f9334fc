"""Where a sample comes from: arrays, datasets and generators, none of which notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundcheck.debugging.datasets import copy_of, peek
from soundcheck.debugging.samples import Sample, from_arrays, from_batches, is_array

if TYPE_CHECKING:
    import keras

_PEEKED_BATCHES = 32


def sample_of(model: keras.Model, x: Any, y: Any, weights: Any, max_rows: int) -> Sample:
    """A sample of what `fit` would be given as x, y and sample_weight.

    A generator that was looked at is handed back: the next `fit` of the model with it begins with the batches
    taken from it.

    Raises:
        ValueError: there are no rows, or x is of a kind that cannot be looked at.
    """
    if is_array(x):
        return from_arrays(x, y, weights, max_rows)
    if hasattr(x, "element_spec"):
        copy = copy_of(x)
        sample = None if copy is None else from_batches(copy, max_rows, _rows_of(x))
    else:
        batches, again = peek(x, _PEEKED_BATCHES)
        if again is not x:
            _hand_back(model, x, again)
        sample = from_batches(batches, max_rows)
    if sample is None:
        raise ValueError(f"x={x!r}: no rows could be read from it without disturbing it")
    return sample


def three(data: Any) -> tuple[Any, Any, Any]:
    """x, y and weights out of what `validation_data` may be."""
    x, y, weights, *_ = (*data, None, None) if isinstance(data, tuple | list) else (data, None, None)
    return x, y, weights


def _rows_of(dataset: Any) -> int | None:
    """How many rows a dataset of batches has; None where it does not say."""
    import keras

    batches = int(dataset.cardinality())
    shapes = [getattr(spec, "shape", None) for spec in keras.tree.flatten(dataset.element_spec)]
    first = next((shape for shape in shapes if shape is not None), None)  # an input may be None
    batch_rows = first[0] if first is not None and first.rank else None
    return batches * batch_rows if batches > 0 and batch_rows else None


def _hand_back(model: keras.Model, generator: Any, again: Any) -> None:
    """The model's next `fit` with the generator takes `again` in its place."""
    fit = model.fit

    def fit_from_the_start(x: Any = None, *arguments: Any, **named: Any) -> Any:
        if x is generator:
            del model.fit  # pyright: ignore[reportAttributeAccessIssue]
            x = again
        return fit(x, *arguments, **named)

    model.fit = fit_from_the_start
