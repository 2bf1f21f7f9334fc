"""All that a model remembers, put back bit for bit."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_FUNCTIONS = ("train_function", "test_function", "predict_function")


@contextmanager
def preserved_model_state(model: keras.Model) -> Generator[None]:
    """Puts back what work on a model changes: variables and compiled functions.

    The functions are set aside while inside: one of the script's that draws would go on drawing, and one made
    inside would keep our seed.
    """
    functions = {name: getattr(model, name, None) for name in _FUNCTIONS}
    values = [(variable, _value(variable)) for variable in _variables(model)]
    for name in _FUNCTIONS:
        setattr(model, name, None)
    try:
        yield
    finally:
        for name, function in functions.items():
            setattr(model, name, function)
        for variable, value in values:
            if _value(variable).numpy().tobytes() != value.numpy().tobytes():
                variable.assign(value)


def _variables(model: keras.Model) -> list[Any]:
    """Of the model, its metrics and its optimizers, those in attributes of the script's own included."""
    import keras
    import tensorflow as tf
    from tensorflow.python.checkpoint.graph_view import ObjectGraphView

    held: Any = ObjectGraphView(model).breadth_first_traversal()[0]
    mine = [one for one in held if isinstance(one, keras.Variable | tf.Variable)]
    metrics = [variable for metric in model.metrics for variable in metric.variables]
    every = {id(one): one for one in [*model.variables, *metrics, *mine]}
    return [one for one in every.values() if _has_value(one)]


def _has_value(variable: Any) -> bool:
    return getattr(variable, "_initializer", None) is None or getattr(variable, "_value", None) is not None


def _value(variable: Any) -> Any:
    """A tensor that later assignments do not touch: TensorFlow copies a buffer that somebody still reads."""
    import tensorflow as tf

    return tf.identity(variable.value if hasattr(variable, "path") else variable)
