"""What `compile` and `fit` were given: known names, in the right places; also where Keras refused them."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.errors import nearest

_RESOLVED_BY_SHAPE = frozenset({"accuracy", "acc", "crossentropy", "ce"})
_MODERN = {
    "nb_epoch": "epochs",
    "lr": "learning_rate",
    "samples_per_epoch": "steps_per_epoch",
    "nb_val_samples": "validation_steps",
    "class_mode": "loss",
    "show_accuracy": "metrics=['accuracy'] in compile",
}
"""Arguments of older Keras, and what they are called now."""


def compile_arguments(case: Case) -> Iterator[Finding]:
    """Keras looks names of losses and metrics up at the first batch: until then a wrong one goes unseen."""
    yield from _unknown_losses("compile_arguments", getattr(case.model, "loss", None))
    yield from _unknown_metrics(
        "compile_arguments", [one for head in case.heads for one in head.given_metrics]
    )


def compile_findings(arguments: Mapping[str, Any], error: BaseException) -> list[Finding]:
    """Why `compile` raised.

    Args:
        arguments: what it was given, by name.
        error: what it raised.

    Returns:
        At least one finding; with the words of the error where nothing else is known.
    """
    import keras

    rule = "compile_arguments"
    found = [
        *_unknown_arguments(rule, arguments, keras.Model.compile),
        *_wrong_optimizer(rule, arguments.get("optimizer")),
        *_unknown_losses(rule, arguments.get("loss")),
        *_metrics_as_text(rule, arguments.get("metrics")),
    ]
    return found or [_refused(rule, "model.compile", error)]


def refused_fit_findings(arguments: Mapping[str, Any], error: BaseException) -> list[Finding]:
    """Why `fit` did not take its arguments.

    Args:
        arguments: what it was given, by name.
        error: what Python said of them.

    Returns:
        At least one finding; with the words of the error where nothing else is known.
    """
    import keras

    rule = "fit_arguments"
    return [*_unknown_arguments(rule, arguments, keras.Model.fit)] or [_refused(rule, "model.fit", error)]


def fit_findings(error: BaseException) -> list[Finding]:
    """Why `fit` raised, as far as the words of the error tell.

    Args:
        error: what it raised.

    Returns:
        Findings; none where the error says nothing that is known here.
    """
    text = str(error)
    known = next((one for words, one in _ERRORS.items() if words in text), None)
    if known is None:
        return []
    cause, where, remedy = known
    return [Finding("fit_arguments", Severity.ERROR, cause, where, (), _first_line(error), remedy)]


_ERRORS: Mapping[str, tuple[Cause, Where, str]] = {
    "No loss to compute": (
        Cause.COMPILE_ARGUMENTS,
        Where("argument", "loss"),
        "Give compile a loss: model.compile(optimizer=..., loss=...).",
    ),
    "You must call `compile()`": (
        Cause.COMPILE_ARGUMENTS,
        Where("argument", "compile"),
        "Call model.compile(optimizer=..., loss=...) before fit.",
    ),
    "Could not interpret loss identifier": (
        Cause.COMPILE_ARGUMENTS,
        Where("argument", "loss"),
        "Give the loss by a name that Keras knows, such as 'mse' or 'binary_crossentropy'.",
    ),
    "Could not interpret metric identifier": (
        Cause.COMPILE_ARGUMENTS,
        Where("argument", "metrics"),
        "Give the metric by a name that Keras knows, such as 'accuracy' or 'mae'.",
    ),
    "outside the valid range of": (
        Cause.LABEL_ENCODING,
        Where("data", "y"),
        "Number the labels from 0 to the number of outputs minus 1.",
    ),
    "Invalid dtype: str": (
        Cause.LABEL_ENCODING,
        Where("data", "y"),
        "Number the labels: `np.unique(y, return_inverse=True)[1]`.",
    ),
    "Data cardinality is ambiguous": (
        Cause.WRONG_AXIS,
        Where("data", "x"),
        "Give x and y equally many rows, along the first axis.",
    ),
    "must have rank (ndim) `target.ndim - 1`": (
        Cause.LABEL_ENCODING,
        Where("data", "y"),
        "Use loss='categorical_crossentropy' for one-hot targets, or give class numbers.",
    ),
    "must have the same shape": (
        Cause.OUTPUT_UNITS,
        Where("data", "y"),
        "Give the last layer as many units as a target has numbers.",
    ),
    "must have the same rank": (
        Cause.LABEL_ENCODING,
        Where("data", "y"),
        "Use loss='sparse_categorical_crossentropy' for class numbers, or one-hot encode them.",
    ),
    "incompatible with the layer": (
        Cause.WRONG_AXIS,
        Where("data", "x"),
        "Give x the shape that the first layer was made for.",
    ),
}


def _unknown_arguments(
    rule: str, arguments: Mapping[str, Any], function: Callable[..., Any]
) -> Iterator[Finding]:
    known = set(inspect.signature(function).parameters)
    for name in arguments:
        if name in known or name == "self":
            continue
        modern = _MODERN.get(name)
        close = difflib.get_close_matches(name, known, n=1)
        instead = modern or (close[0] if close else None)
        yield Finding(
            rule,
            Severity.ERROR,
            Cause.COMPILE_ARGUMENTS,
            Where("argument", name),
            (),
            f"{function.__name__} has no argument {name!r}.",
            f"Use {instead} instead." if instead else f"Remove {name}.",
        )


def _wrong_optimizer(rule: str, optimizer: Any) -> Iterator[Finding]:
    import keras

    if isinstance(optimizer, type):
        yield _exchangeable(
            rule,
            "optimizer",
            f"The optimizer is the class {optimizer.__name__}, not one of its objects.",
            f"Write {optimizer.__name__}() with parentheses.",
        )
    elif _is_loss(optimizer):
        yield _exchangeable(
            rule,
            "optimizer",
            f"{_shown(optimizer)} is a loss, given as the optimizer.",
            "Exchange them: compile(optimizer=..., loss=...), the optimizer first.",
        )
    elif isinstance(optimizer, str) and not _is_optimizer(optimizer):
        known = [name.lower() for name in dir(keras.optimizers) if name[0].isupper()]
        yield _exchangeable(
            rule,
            "optimizer",
            f"Keras knows no optimizer {optimizer!r}{nearest(optimizer, known)}.",
            "Use 'adam', 'sgd' or 'rmsprop', or an object of keras.optimizers.",
        )


def _unknown_losses(rule: str, given: Any) -> Iterator[Finding]:
    for loss in _flat(given):
        if _is_optimizer(loss):
            yield _exchangeable(
                rule,
                "loss",
                f"{_shown(loss)} is an optimizer, given as the loss.",
                "Exchange them: compile(optimizer=..., loss=...), the optimizer first.",
            )
        elif isinstance(loss, str) and not _is_loss(loss):
            known = _names_in("losses")
            metric = "; it is a metric" if loss in _RESOLVED_BY_SHAPE or loss in _names_in("metrics") else ""
            yield _exchangeable(
                rule,
                "loss",
                f"Keras knows no loss {loss!r}{metric or nearest(loss, known)}.",
                "Use 'mse', 'binary_crossentropy', 'categorical_crossentropy' or "
                "'sparse_categorical_crossentropy'.",
            )


def _unknown_metrics(rule: str, given: Iterable[Any]) -> Iterator[Finding]:
    import keras

    for metric in given:
        if not isinstance(metric, str) or metric.lower() in _RESOLVED_BY_SHAPE:
            continue
        try:
            keras.metrics.get(metric)
        except (ValueError, TypeError):  # the latter: a metric that cannot be made without arguments
            yield _exchangeable(
                rule,
                "metrics",
                f"Keras knows no metric {metric!r}{nearest(metric, ['accuracy', *_names_in('metrics')])}.",
                "Use 'accuracy' or 'mae', or an object of keras.metrics.",
            )


def _metrics_as_text(rule: str, metrics: Any) -> Iterator[Finding]:
    if metrics is not None and not isinstance(metrics, list | tuple | dict):
        yield _exchangeable(
            rule,
            "metrics",
            f"metrics={_shown(metrics)} is no list.",
            f"Write metrics=[{_shown(metrics)}].",
        )


def _refused(rule: str, where: str, error: BaseException) -> Finding:
    place = Where("argument", where)
    remedy = "Give it the arguments that its documentation names."
    return Finding(rule, Severity.ERROR, Cause.COMPILE_ARGUMENTS, place, (), _first_line(error), remedy)


def _exchangeable(rule: str, argument: str, message: str, remedy: str) -> Finding:
    evidence = (Evidence("arguments that cannot be used", 1, 0),)
    where = Where("argument", argument)
    return Finding(rule, Severity.ERROR, Cause.COMPILE_ARGUMENTS, where, evidence, message, remedy)


def _is_loss(given: Any) -> bool:
    import keras

    if not isinstance(given, str):
        return isinstance(given, keras.losses.Loss)
    if given.lower() in ("crossentropy", "ce"):
        return True
    try:
        return keras.losses.get(given) is not None
    except ValueError:
        return False


def _is_optimizer(given: Any) -> bool:
    import keras

    if not isinstance(given, str):
        return isinstance(given, keras.optimizers.Optimizer)
    try:
        return keras.optimizers.get(given) is not None
    except ValueError:
        return False


def _flat(given: Any) -> list[Any]:
    if isinstance(given, dict):
        return list(given.values())
    return list(given) if isinstance(given, list | tuple) else [given]


def _names_in(module: str) -> list[str]:
    import keras

    return [name for name in dir(getattr(keras, module)) if not name.startswith("_")]


def _shown(given: Any) -> str:
    return repr(given) if isinstance(given, str) else type(given).__name__


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


RULES: tuple[Rule, ...] = (compile_arguments,)
