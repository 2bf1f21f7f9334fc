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
        return merged([ranked(self._findings), *(training.findings() for _, training in self._models)])

    def records(self) -> list[tuple[str, Record]]:
        """The names of the models that were watched, and what was recorded of their trainings."""
        return [
            (model.name, training.monitor.record)
            for model, training in self._models
            if training.monitor is not None and training.monitor.record.observations
        ]

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
        if training is not None and training.monitor is not None:
            return training.monitor
        for known, earlier in self._models:
            if known is model:
                earlier.settle()  # with another optimizer: what the model is now is what that one came to
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
        return training.monitor

    def after_fit(self, model: keras.Model, call: FitCall, _: Any, error: BaseException | None) -> None:
        """What the monitor found is asked for later; an error is explained at once."""
        from soundcheck.debugging.rules.arguments import fit_findings

        training = self._training(model)
        if training is None:
            return
        if error is not None:
            self._findings += fit_findings(vars(call), error)
        training.unsettled = True

    def on_train_on_batch(
        self, model: keras.Model, x: Any, y: Any, sample_weight: Any, run: Callable[[], Any]
    ) -> None:
        """One step of a loop of the script's own: preflight with its first batch."""
        from soundcheck.debugging.samples import from_arrays

        if self._training(model) is None and len(self._models) < MOST_MODELS:
            self.trainings += 1
            sample = from_arrays(x, y, sample_weight, self._settings.max_rows)
            found = self._preflight(model, sample, None, FitSettings(batch_size=sample.rows))
            self._models.append((model, _Training(model.optimizer, found)))
        run()

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
