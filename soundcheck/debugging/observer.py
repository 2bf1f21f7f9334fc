"""What watches a whole script: preflight before each training, the monitor during it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from soundcheck.debugging.findings import Finding
from soundcheck.debugging.instrumentation import FitCall

if TYPE_CHECKING:
    import keras


class Observer:
    """A `TrainingObserver` that gathers the findings of every model of a script.

    Attributes:
        trainings: how many trainings were seen; without any there is nothing to say about the script.
    """

    def __init__(self) -> None:
        self.trainings = 0
        self._findings: list[Finding] = []

    def findings(self) -> list[Finding]:
        """Of all models, the likely root cause first; what is said of several of them, once."""
        from soundcheck.debugging.ranking import ranked

        first = {(one.rule, one.cause, one.where): one for one in reversed(self._findings)}
        return ranked(list(reversed(first.values())))

    def on_compile_error(self, model: keras.Model, arguments: Mapping[str, Any], error: Exception) -> None:
        """`compile` raised."""
        self.trainings += 1

    def before_fit(self, model: keras.Model, call: FitCall) -> keras.callbacks.Callback | None:
        """Preflight; returns the monitor of this training."""
        from soundcheck.debugging import TrainingMonitor, preflight

        self.trainings += 1
        self._findings += preflight(
            model, call.x, call.y, sample_weight=call.sample_weight, validation_data=call.validation_data
        )
        return TrainingMonitor()

    def after_fit(self, model: keras.Model, call: FitCall, history: Any, error: BaseException | None) -> None:
        """Takes over what the monitor found."""

    def on_train_on_batch(
        self, model: keras.Model, x: Any, y: Any, sample_weight: Any, run: Callable[[], Any]
    ) -> None:
        """One step of a loop of the script's own."""
        self.trainings += 1
        run()

    def on_crash(self, error: BaseException) -> None:
        """The script ended with an error."""
