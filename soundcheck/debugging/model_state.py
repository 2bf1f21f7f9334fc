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
    values = [(variable, _value(variable)) for variable in variables_of(model)]
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


def variables_of(model: keras.Model) -> list[Any]:
    """Every `keras.Variable` and `tf.Variable` that a model holds and that has a value, each once.

    Of its layers, seeds, metrics and optimizers, and those in attributes of the script's own: in lists and
    dicts, in a `tf.random.Generator`, a `tf.Variable` of a layer; `model.variables` lacks most of these.
    """
    import keras
    import tensorflow as tf

    mine = [one for one in _held(model) if isinstance(one, keras.Variable | tf.Variable)]
    metrics = [variable for metric in model.metrics for variable in metric.variables]
    every = {id(one): one for one in [*model.variables, *metrics, *mine]}
    return [one for one in every.values() if _has_value(one)]


def _held(model: keras.Model) -> list[Any]:
    """All that TensorFlow or Keras tracks of it: TensorFlow does not look into Keras's lists and dicts."""
    from keras.src.utils.tracking import TrackedDict, TrackedList, TrackedSet
    from tensorflow.python.checkpoint.graph_view import ObjectGraphView
    from tensorflow.python.trackable.base import Trackable

    containers = TrackedDict | TrackedList | TrackedSet
    held: dict[int, Any] = {}
    waiting: list[Any] = [model]
    while waiting:
        one = waiting.pop()
        if isinstance(one, containers):
            waiting += one.values() if isinstance(one, TrackedDict) else one
        elif isinstance(one, Trackable) and id(one) not in held:
            new = [each for each in ObjectGraphView(one).breadth_first_traversal()[0] if id(each) not in held]
            held |= {id(each): each for each in new}
            owned = [own for each in new for own in getattr(each, "__dict__", {}).values()]
            waiting += [own for own in owned if isinstance(own, containers)]
    return list(held.values())


def _has_value(variable: Any) -> bool:
    return getattr(variable, "_initializer", None) is None or getattr(variable, "_value", None) is not None


def _value(variable: Any) -> Any:
    """A tensor that later assignments do not touch: TensorFlow copies a buffer that somebody still reads."""
    import tensorflow as tf

    return tf.identity(variable.value if hasattr(variable, "path") else variable)
