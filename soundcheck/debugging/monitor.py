"""A callback that watches a training and says afterwards what was wrong with it.

monitor = TrainingMonitor()
model.fit(x, y, callbacks=[monitor])
monitor.findings
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.building import trained_case
from soundcheck.debugging.case import Case, FitSettings
from soundcheck.debugging.findings import Finding
from soundcheck.debugging.random_state import preserved_random_state
from soundcheck.debugging.ranking import ranked
from soundcheck.debugging.recorder import TrainingRecorder
from soundcheck.debugging.rules import evaluated, every_rule
from soundcheck.debugging.samples import Sample, from_arrays
from soundcheck.debugging.trials import confirmed
from soundcheck.debugging.watched_training import WatchedTraining


class TrainingMonitor(TrainingRecorder):
    """Watches `fit` of any Keras model; what it computes is bit for bit what it would be without.

    Several fits of one model with one optimizer are one training; with another model or optimizer a new one
    begins, and the findings are those of the last.

    Args:
        settings: thresholds of the rules.
        sample: rows of the training data; without it they are collected from the first epoch.
        validation: rows of the validation data; without it they are taken from `validation_data` or
            `validation_split` where these are arrays.
        fit: what `fit` was told; without it only what a callback is told.

    Attributes:
        record: the training as it went.
        case: what the findings were taken from; None before, and where nothing is known of the data.
    """

    def __init__(
        self,
        settings: DebuggingConfig = DebuggingConfig(),  # noqa: B008 - frozen
        *,
        sample: Sample | None = None,
        validation: Sample | None = None,
        fit: FitSettings | None = None,
    ) -> None:
        super().__init__(0 if sample is not None else settings.max_rows, settings.max_rows)
        self.case: Case | None = None
        self._settings = settings
        self._given_sample = sample
        self._given_validation = self._validation = validation
        self._seeks_validation = False
        self._fit = fit
        self._findings: list[Finding] | None = None
        self._looped = False

    @property
    def findings(self) -> list[Finding]:
        """What was wrong with the latest training, the likely root cause first; [] before any.

        Evaluated when it is asked for, with the model as it is then; the answer is kept until the next `fit`.
        [] also where a later `fit` was given other rows than the first, or where the weights have been put
        back to what they were before: what was recorded says nothing of such a model.
        """
        if self.training is None:
            return []
        if self._findings is None:
            self._findings = self._evaluated(self.training)
        return self._findings

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Puts itself between `fit` and the model's training function."""
        self._findings = None
        self._validation, self._seeks_validation = self._given_validation, self._given_validation is None
        super().on_train_begin(logs)

    def one_step(self, model: keras.Model, batch: Any, run: Callable[[], Any]) -> None:
        """Around a `train_on_batch`."""
        self._findings = None
        self._looped = True
        super().one_step(model, batch, run)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Notes the logs."""
        super().on_epoch_end(epoch, logs)
        self._findings = None
        if self._seeks_validation:
            self._seeks_validation = False
            self._validation = _validation_arrays(self.model, self._settings.max_rows)

    def _evaluated(self, training: WatchedTraining) -> list[Finding]:
        if self._looped:
            training.end_loop()
        sample = self._given_sample or training.sample()
        if sample is None or not self._tells_of_the_model(training, sample):
            return []
        self.record.kept_epoch = training.kept_epoch()
        fit = self._fit or FitSettings(batch_size=training.batch_rows, epochs=(self.params or {})["epochs"])
        start = training.initial_weights or ()
        with preserved_random_state(training.model):
            self.case = trained_case(
                training.model, start, sample, self._validation, self._settings, fit, self.record
            )
            if not training.untrained:
                self.case = replace(self.case, initial=None)
            return confirmed(self.case, ranked(evaluated(every_rule(), self.case)), start)

    def _tells_of_the_model(self, training: WatchedTraining, sample: Sample) -> bool:
        """Whether the model as it is now is what came of these rows."""
        if self._looped:
            return training.goes_over_its_rows_again()
        return training.fits_the_same_rows(sample) and not training.weights_are_gone()


def _validation_arrays(model: Any, max_rows: int) -> Sample | None:
    """Rows of `validation_data`, which `fit` keeps in an adapter; None where they are no arrays."""
    adapter = getattr(getattr(model, "_eval_epoch_iterator", None), "data_adapter", None)
    arrays = getattr(adapter, "_inputs", None)
    if arrays is None:
        return None
    x, y, weights = keras.utils.unpack_x_y_sample_weight(arrays)
    try:
        return from_arrays(x, y, weights, max_rows)
    except Exception as error:  # noqa: BLE001 - within the user's `fit`, which takes what we may not
        warnings.warn(f"the validation data are not looked at: {error!r}", RuntimeWarning, stacklevel=2)
        return None
