"""What watches a whole script: preflight before each training, the monitor during it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.case import FitSettings
from soundcheck.debugging.findings import Finding, Severity
from soundcheck.debugging.instrumentation import FitCall, report_failure
from soundcheck.debugging.record import Record

if TYPE_CHECKING:
    import keras

    from soundcheck.debugging.monitor import TrainingMonitor
    from soundcheck.debugging.samples import Sample

MOST_MODELS = 4
"""Models of a script that are looked at: the folds of a cross-validation are much alike."""


@dataclass
class _Training:
    """One model with one optimizer, through all its fits."""

    optimizer: Any
    before: list[Finding]
    monitor: TrainingMonitor | None = None
    is_loop: bool = False
    unsettled: bool = False
    after: list[Finding] = field(default_factory=list)

    def settle(self) -> None:
        """Asks the monitor, once for all fits since: a script may call `fit` a hundred times in a loop."""
        if self.monitor is None or not self.unsettled:
            return
        self.unsettled = False
        try:
            self.after = self.monitor.findings
        except Exception as error:  # noqa: BLE001 - what was found before is still worth telling
            report_failure("a training", error)

    def findings(self) -> list[Finding]:
        """A training that turned out well has refuted what was feared before it, errors apart."""
        from soundcheck.debugging.ranking import extended

        if not self._went_well():
            return extended(self.after, self.before)
        return extended(self.after, [one for one in self.before if one.severity == Severity.ERROR])

    def _went_well(self) -> bool:
        case = None if self.monitor is None else self.monitor.case
        if case is None or case.record is None or case.outcome is None or case.outcome.poor:
            return False
        return all(np.isfinite(logs.get("loss", 0.0)) for logs in case.record.epochs)


class Observer:
    """A `TrainingObserver` that gathers the findings of every model of a script.

    Attributes:
        trainings: how many trainings were seen; without any there is nothing to say about the script.
    """

    def __init__(self, settings: DebuggingConfig | None = None) -> None:
        self.trainings = 0
        self._settings = settings or DebuggingConfig()
        self._models: list[tuple[keras.Model, _Training]] = []
        self._findings: list[Finding] = []

    def findings(self) -> list[Finding]:
        """Of all models, the likely root cause first; what is said of several of them, once."""
        from soundcheck.debugging.ranking import merged, ranked

        for _, training in self._models:
            training.settle()
        return merged([*(training.findings() for _, training in self._models), ranked(self._findings)])

    def records(self) -> list[tuple[str, Record]]:
        """The names of the models that were watched, and what was recorded of their trainings."""
        return [
            (model.name, training.monitor.record)
            for model, training in self._models
            if training.monitor is not None and training.monitor.record.observations
        ]

    def before_compile(self, model: keras.Model) -> None:
        """Judges what the model was trained for so far, while it still has that loss and optimizer."""
        for known, earlier in self._models:
            if known is model:
                earlier.settle()

    def on_compile_error(self, _: keras.Model, arguments: Mapping[str, Any], error: Exception) -> None:
        """`compile` raised."""
        from soundcheck.debugging.rules.arguments import compile_findings

        self.trainings += 1
        self._findings += compile_findings(arguments, error)

    def before_fit(self, model: keras.Model, call: FitCall) -> keras.callbacks.Callback | None:
        """Preflight of a model that was not seen before; returns the monitor of its training."""
        from soundcheck.debugging.monitor import TrainingMonitor

        self.trainings += 1
        training = self._training(model)
        if training is not None and training.monitor is not None and not training.is_loop:
            return training.monitor
        for known, earlier in self._models:
            if _share_weights(known, model):
                earlier.settle()  # what its weights are now is what that training came to
        if training is None and len(self._models) >= MOST_MODELS:
            return None
        settings = FitSettings(
            call.batch_size, call.epochs, call.shuffle, call.class_weight, call.validation_split
        )
        sample, validation = _samples(model, call, self._settings.max_rows)
        if training is None:
            training = _Training(model.optimizer, self._preflight(model, sample, validation, settings))
            self._models.append((model, training))
        training.monitor = TrainingMonitor(self._settings, sample=sample, validation=validation, fit=settings)
        training.is_loop = False
        return training.monitor

    def on_fit_refused(self, _: keras.Model, arguments: Mapping[str, Any], error: Exception) -> None:
        """`fit` raised before it began."""
        from soundcheck.debugging.rules.arguments import refused_fit_findings

        self.trainings += 1
        self._findings += refused_fit_findings(arguments, error)

    def after_fit(self, model: keras.Model, _: FitCall, __: Any, error: BaseException | None) -> None:
        """What the monitor found is asked for later; an error is explained at once."""
        from soundcheck.debugging.rules.arguments import fit_findings
        from soundcheck.debugging.watched_training import unwatch

        training = self._training(model)
        if training is None:
            return
        if error is not None:
            self._findings += fit_findings(error)
        training.unsettled = True
        if training.monitor is not None and training.monitor.training is not None:
            unwatch(model)
            training.monitor.training.end_fit()

    def on_train_on_batch(
        self,
        model: keras.Model,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Mapping[int, float] | None,
        run: Callable[[], Any],
    ) -> None:
        """One step of a loop of the script's own: preflight with its first batch, then the monitor."""
        import keras

        from soundcheck.debugging.monitor import TrainingMonitor
        from soundcheck.debugging.samples import from_arrays
        from soundcheck.debugging.watched_training import LOOP_EPOCHS

        training = self._training(model)
        if training is None and len(self._models) < MOST_MODELS:
            self.trainings += 1
            sample = from_arrays(x, y, sample_weight, self._settings.max_rows)
            settings = FitSettings(sample.rows, LOOP_EPOCHS, class_weight=class_weight)
            found = self._preflight(model, sample, None, settings)
            training = _Training(
                model.optimizer, found, TrainingMonitor(self._settings, fit=settings), is_loop=True
            )
            self._models.append((model, training))
        if training is None or training.monitor is None or not training.is_loop:
            run()
            return
        training.unsettled = True
        training.monitor.one_step(model, keras.utils.pack_x_y_sample_weight(x, y, sample_weight), run)

    def _training(self, model: keras.Model) -> _Training | None:
        for known, training in self._models:
            if known is model and training.optimizer is model.optimizer:
                return training
        return None

    def _preflight(
        self, model: keras.Model, sample: Sample, validation: Sample | None, fit: FitSettings
    ) -> list[Finding]:
        from soundcheck.debugging.building import built, untrained_case
        from soundcheck.debugging.random_state import preserved_random_state
        from soundcheck.debugging.rules import evaluated, every_rule

        built(model, sample)
        with preserved_random_state(model):
            case = untrained_case(model, sample, validation, self._settings, fit)
            return evaluated(every_rule(), case)


def _share_weights(one: keras.Model, other: keras.Model) -> bool:
    """Whether they are the same model, or one is a part of the other (a base that is tuned further)."""
    weights = {id(weight) for weight in one.weights}
    return one is other or any(id(weight) in weights for weight in other.weights)


def _samples(model: keras.Model, call: FitCall, max_rows: int) -> tuple[Sample, Sample | None]:
    """Of the training and of the validation data; `validation_split` cuts off the last rows."""
    from soundcheck.debugging.samples import from_arrays, is_array
    from soundcheck.debugging.sources import sample_of, three

    if call.validation_data is None and call.validation_split and is_array(call.x):
        every = from_arrays(call.x, call.y, call.sample_weight, sys.maxsize)
        first = int(every.rows * (1 - call.validation_split))
        if 0 < first < every.rows:
            training, validation = np.split(np.arange(every.rows), [first])
            return every.take(training).spread(max_rows), every.take(validation).spread(max_rows)
    sample = sample_of(model, call.x, call.y, call.sample_weight, max_rows)
    if call.validation_data is None:
        return sample, None
    return sample, sample_of(model, *three(call.validation_data), max_rows)
