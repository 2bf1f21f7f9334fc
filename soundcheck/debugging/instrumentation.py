"""Every `compile`, `fit` and `train_on_batch` of a script, shown to an observer while it runs unchanged."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from types import GeneratorType, ModuleType
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    import keras

_MODEL_MODULE = "keras.src.models.model"


@dataclass(frozen=True)
class FitCall:
    """What `fit` was told, by the names of its arguments.

    Generators are `datasets.Replay`s, from which an observer may `datasets.peek`; the script's training gets
    the batches back.

    Attributes:
        epochs: as the script wrote it.
        last_epoch: the epoch that the training stops before: `epochs`, or less where epochs are capped.
    """

    x: Any
    y: Any
    batch_size: int | None
    epochs: int
    last_epoch: int
    initial_epoch: int
    validation_data: Any
    validation_split: float
    shuffle: bool
    class_weight: Mapping[int, float] | None
    sample_weight: Any
    steps_per_epoch: int | None
    validation_steps: int | None
    callbacks: Any


class TrainingObserver(Protocol):
    """What is told of a script's trainings; what an observer raises is reported and harms no script."""

    def before_compile(self, model: keras.Model, /) -> None:
        """The model is about to get a loss and an optimizer, perhaps other ones than it had."""

    def on_compile_error(self, model: keras.Model, arguments: Mapping[str, Any], error: Exception, /) -> None:
        """`compile` raised."""

    def before_fit(self, model: keras.Model, call: FitCall, /) -> keras.callbacks.Callback | None:
        """A `fit` begins, in the script's random state; a callback to be added to it may be returned."""

    def on_fit_refused(self, model: keras.Model, arguments: Mapping[str, Any], error: Exception, /) -> None:
        """`fit` was given arguments that it does not know, or not those that it needs."""

    def after_fit(
        self, model: keras.Model, call: FitCall, history: Any, error: BaseException | None, /
    ) -> None:
        """A `fit` ended: one of `history` and `error` is None."""

    def on_train_on_batch(
        self,
        model: keras.Model,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Mapping[int, float] | None,
        run: Callable[[], Any],
        /,
    ) -> None:
        """Around a `train_on_batch`, which `run` does, once; before it the model may have no weights.

        `run` returns what the method returns.
        """


def report_failure(what: str, error: Exception) -> None:
    """Says on stderr, in one line, what could not be evaluated and why."""
    reason = (str(error).splitlines() or [""])[0]
    sys.stderr.write(f"soundcheck: {what} could not be evaluated: {type(error).__name__}: {reason}\n")


@contextmanager
def attached(observer: TrainingObserver, max_epochs: int | None = None) -> Generator[None]:
    """Shows the observer every training of any Keras model of the process, also of those made before.

    Calls within calls (a `fit` within a callback, and all that the observer itself trains) are not shown.
    Keras need not be imported yet, and is not imported here: a script may set variables for it first.

    Args:
        observer: see `TrainingObserver`.
        max_epochs: most epochs of each `fit`; unless given, as many as the script says.
    """
    instruments = _Instruments(observer, max_epochs)
    with ExitStack() as patches:

        def patch(module: ModuleType) -> None:
            for name in ("compile", "fit", "train_on_batch"):
                patches.callback(_patch(module.Model, name, getattr(instruments, name)))

        if _MODEL_MODULE in sys.modules:
            patch(sys.modules[_MODEL_MODULE])
        else:
            finder = _AfterImport(_MODEL_MODULE, patch)
            sys.meta_path.insert(0, finder)
            patches.callback(sys.meta_path.remove, finder)
        yield


class _AfterImport(MetaPathFinder):
    """Does something with a module as soon as it is imported."""

    def __init__(self, name: str, action: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._action = action
        self._searching = False

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> Any:  # noqa: ARG002
        if fullname != self._name or self._searching:
            return None
        self._searching = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._searching = False
        if spec is not None and spec.loader is not None:
            self._extend(spec.loader)
        return spec

    def _extend(self, loader: Any) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._action(module)

        loader.exec_module = exec_module


def _patch(kind: type, name: str, instrument: Callable[..., Any]) -> Callable[[], None]:
    """Puts an instrument in place of a method where it is defined; returns what undoes it."""
    owner = next(one for one in kind.__mro__ if name in vars(one))
    original = vars(owner)[name]

    @functools.wraps(original)
    def method(model: Any, *arguments: Any, **named: Any) -> Any:
        return instrument(original, model, *arguments, **named)

    setattr(owner, name, method)
    return lambda: setattr(owner, name, original)


class _Instruments:
    """One for each method of a model: called with the original method, the model and the arguments."""

    def __init__(self, observer: TrainingObserver, max_epochs: int | None) -> None:
        self._observer = observer
        self._max_epochs = max_epochs
        self._thread = threading.local()
        self._failed: defaultdict[str, WeakSet[Any]] = defaultdict(WeakSet)
        self._guarded_callbacks: WeakSet[Any] = WeakSet()

    def compile(self, original: Callable[..., Any], model: Any, *arguments: Any, **named: Any) -> Any:
        if self._within:
            return original(model, *arguments, **named)
        self._tell_aside("before_compile", model)
        try:
            with self._nested():
                return original(model, *arguments, **named)
        except Exception as error:
            self._tell_aside("on_compile_error", model, _named(original, arguments, named), error)
            raise

    def fit(self, original: Callable[..., Any], model: Any, *arguments: Any, **named: Any) -> Any:
        if self._within:
            return original(model, *arguments, **named)
        try:
            bound = inspect.signature(original).bind(model, *arguments, **named)
        except TypeError as error:
            self._tell_aside("on_fit_refused", model, _named(original, arguments, named), error)
            return original(model, *arguments, **named)
        bound.apply_defaults()
        _, *given = bound.arguments.items()
        with self._nested():
            return self._observed_fit(original, model, dict(given))

    def _observed_fit(self, original: Callable[..., Any], model: Any, given: dict[str, Any]) -> Any:
        call, given = _fit_call(given, self._max_epochs)
        callback = self._tell("before_fit", model, call)
        if callback is not None:
            given["callbacks"] = self._with_callback(given["callbacks"], callback, model)
        try:
            history = original(model, **given)
        except BaseException as error:
            self._tell_aside("after_fit", model, call, None, error)
            raise
        self._tell_aside("after_fit", model, call, history, None)
        return history

    def train_on_batch(self, original: Callable[..., Any], model: Any, *arguments: Any, **named: Any) -> Any:
        run = _Once(lambda: original(model, *arguments, **named))
        batch = _named(original, arguments, named)
        if not self._within and "x" in batch:
            with self._nested():
                given = [batch.get(name) for name in ("x", "y", "sample_weight", "class_weight")]
                self._tell("on_train_on_batch", model, *given, run)
        return run()

    def _with_callback(self, callbacks: Any, callback: Any, model: Any) -> Any:
        import keras

        if isinstance(callbacks, keras.callbacks.CallbackList):
            return callbacks  # complete as it is, and perhaps used again
        if callback not in self._guarded_callbacks:
            self._guarded_callbacks.add(callback)
            self._guard(callback, model)
        return [*keras.tree.flatten([] if callbacks is None else callbacks), callback]

    def _guard(self, callback: Any, model: Any) -> None:
        """Once for all fits: each further layer of guards would be three calls deeper."""
        for name in dir(callback):
            if name.startswith(("on_", "set_")):
                setattr(callback, name, self._guarded(getattr(callback, name), model))

    def _guarded(self, hook: Callable[..., Any], model: Any) -> Callable[..., None]:
        """A hook of a callback; after a failure none of them is called any more."""

        @functools.wraps(hook)
        def guarded(*arguments: Any, **named: Any) -> None:
            self._attempt("the training", model, lambda: hook(*arguments, **named))

        return guarded

    def _tell_aside(self, hook: str, model: Any, *details: Any) -> None:
        """Tells the observer without a trace in the script's random state."""
        from soundcheck.debugging.random_state import preserved_random_state

        with self._nested(), preserved_random_state():
            self._tell(hook, model, *details)

    def _tell(self, hook: str, model: Any, *details: Any) -> Any:
        return self._attempt(hook, model, lambda: getattr(self._observer, hook)(model, *details), details)

    def _attempt(
        self, what: str, model: Any, action: Callable[[], Any], details: tuple[Any, ...] = ()
    ) -> Any:
        """What fails is reported in one line, and not tried again with this model."""
        if model in self._failed[what]:
            return None
        try:
            return action()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the script
            if not any(isinstance(one, _Once) and one.error is error for one in details):
                self._failed[what].add(model)
                name = getattr(model, "name", type(model).__name__)
                report_failure(f"{what} of model {name!r}", error)
            return None

    @property
    def _within(self) -> bool:
        return getattr(self._thread, "within", False)

    @contextmanager
    def _nested(self) -> Generator[None]:
        before, self._thread.within = self._within, True
        try:
            yield
        finally:
            self._thread.within = before


class _Once:
    """Runs an action at the first call; each call returns its result or raises its error."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self._action: Callable[[], Any] | None = action
        self._result: Any = None
        self.error: BaseException | None = None

    def __call__(self) -> Any:
        action, self._action = self._action, None
        if action is not None:
            try:
                self._result = action()
            except BaseException as error:
                self.error = error
                raise
        if self.error is not None:
            raise self.error
        return self._result


def _named(original: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name, also where they do not fit; those too many are left out."""
    names = [*inspect.signature(original).parameters][1:]
    return {**dict(zip(names, arguments, strict=False)), **named}


def _fit_call(given: dict[str, Any], max_epochs: int | None) -> tuple[FitCall, dict[str, Any]]:
    """The call as the observer sees it, and the arguments for `fit`.

    Where `fit` takes so many batches an epoch from a generator, no more than one epoch's are read ahead: the
    training may end after it, and the script go on with the batch that comes next.
    """
    from soundcheck.debugging.datasets import Replay

    given = dict(given)
    script_epochs, first = given["epochs"], given["initial_epoch"]
    if max_epochs is not None:
        given["epochs"] = min(script_epochs, first + max_epochs)
    seen = dict(given)
    for name, steps in (("x", "steps_per_epoch"), ("validation_data", "validation_steps")):
        if isinstance(given[name], GeneratorType):
            most = None if given[steps] is None else max(given[steps], _KERAS_READS_AHEAD)
            seen[name] = Replay(given[name], most)
            given[name] = seen[name].generator()
    fields = {name: seen[name] for name in FitCall.__dataclass_fields__ if name in seen}
    fields |= {"epochs": script_epochs, "last_epoch": given["epochs"]}
    return FitCall(**fields), given


_KERAS_READS_AHEAD = 2
"""Batches that Keras takes from a generator before the first step."""
