"""A training of ours as the rules of `soundcheck.debugging` take it: what is wrong, and what helps?"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from soundcheck.debugging.building import trained_case, untrained_case
from soundcheck.debugging.case import Case, FitSettings
from soundcheck.debugging.examination import Examination
from soundcheck.debugging.random_state import preserved_random_state
from soundcheck.debugging.ranking import ranked
from soundcheck.debugging.rules import evaluated, every_rule
from soundcheck.debugging.sources import sample_of
from soundcheck.debugging.trials import confirmed
from soundcheck.models import builder
from soundcheck.training.data import training_datasets
from soundcheck.training.fitting import untrained

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from soundcheck.config import DebuggingConfig, ModelConfig, TrainingConfig
    from soundcheck.debugging.findings import Finding
    from soundcheck.debugging.samples import Sample
    from soundcheck.features.index import Parts
    from soundcheck.features.pipeline import Datasets
    from soundcheck.training.fitted import Fitted


_NO_LIMIT_S = 1e6


@dataclass(frozen=True)
class Training:
    """What `soundcheck.training.fitting.fit` was given."""

    build: Callable[..., keras.Model]
    datasets: Datasets
    model: ModelConfig
    training: TrainingConfig

    @classmethod
    def read(
        cls, manifest: Path, shards: Path, parts: Parts, model: ModelConfig, training: TrainingConfig
    ) -> Training:
        """From the folders of a manifest and of features; sets what `training_datasets` sets."""
        from soundcheck.data.manifest import MANIFEST_FILE
        from soundcheck.features.index import INDEX_FILE

        data = training_datasets(manifest / MANIFEST_FILE, shards / INDEX_FILE, parts, training)
        return cls(builder(model.name), data, model, training)

    def untrained(self) -> keras.Model:
        """The network with which it began."""
        return untrained(self.build, self.datasets, self.model, self.training)

    @property
    def settings(self) -> FitSettings:
        """What Keras's `fit` is told."""
        return FitSettings(self.training.batch_size, self.training.epochs)

    def samples(self, network: keras.Model, rows: int) -> tuple[Sample, Sample]:
        """Rows of the training and of the validation data."""
        training = sample_of(network, self.datasets.train, None, None, rows)
        return training, sample_of(network, self.datasets.validation, None, None, rows)


def examine_start(training: Training, settings: DebuggingConfig) -> tuple[Finding, ...]:
    """The faults that can be seen before the training."""
    settings = _unhurried(settings)
    network = training.untrained()
    sample, validation = training.samples(network, settings.max_rows)
    with preserved_random_state(network):
        case = untrained_case(network, sample, validation, settings, training.settings)
        return tuple(ranked(evaluated(every_rule(), case)))


def examine(training: Training, fitted: Fitted, settings: DebuggingConfig) -> Examination:
    """The faults that can be seen after it, by the model that was kept."""
    with _case_of(training, fitted, settings) as (case, _):
        return _examination(case, ranked(evaluated(every_rule(), case)))


def examine_with_trials(
    training: Training, fitted: Fitted, findings: Sequence[Finding], settings: DebuggingConfig
) -> Examination:
    """The same findings after short trainings with each of their remedies: one that helps comes first."""
    with _case_of(training, fitted, settings) as (case, start):
        return _examination(case, confirmed(case, findings, start))


@contextmanager
def _case_of(
    training: Training, fitted: Fitted, settings: DebuggingConfig
) -> Generator[tuple[Case, list[NDArray[Any]]]]:
    """The case of a finished training, with the weights that it began with."""
    settings = _unhurried(settings)
    network = training.untrained()
    start = network.get_weights()
    network.set_weights(fitted.model.get_weights())
    network.optimizer.iterations.assign(fitted.record.steps)  # the schedule's rate is that of the end
    sample, validation = training.samples(network, settings.max_rows)
    with preserved_random_state(network):
        case = trained_case(network, start, sample, validation, settings, training.settings, fitted.record)
        yield case, start


def _unhurried(settings: DebuggingConfig) -> DebuggingConfig:
    """Rows and steps limit what is done here, not the clock: a result that is kept must not depend on it."""
    return settings.model_copy(update={"max_seconds": _NO_LIMIT_S, "trial_seconds": _NO_LIMIT_S})


def _examination(case: Case, findings: list[Finding]) -> Examination:
    outcome, standard = case.outcome, case.standard
    return Examination(
        findings=tuple(findings),
        training_skill=None if outcome is None or math.isnan(outcome.training) else outcome.training,
        standard_skill=None if standard is None else standard.skill,
        poor=outcome is not None and outcome.poor,
    )
