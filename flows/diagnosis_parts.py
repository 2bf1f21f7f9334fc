"""The parts of a diagnosis: which stages answer which question about a patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from soundcheck.artifacts import Artifact
from soundcheck.config import FeaturesConfig
from soundcheck.data.noise import noise_of
from soundcheck.evaluation.learning_curve import PLAN as LEARNING_CURVE_PLAN
from soundcheck.evaluation.repeats import PLAN as REPEATS_PLAN
from tasks.caching import Stages
from tasks.debug import debug, went_badly
from tasks.diagnosis import Part
from tasks.error_analysis import error_analysis
from tasks.finer_features import finer_features
from tasks.learning_curve import learning_curve
from tasks.patient import Patient
from tasks.preflight import preflight
from tasks.repeats import repeats
from tasks.retrainings import retrainings
from tasks.sensitivity import sensitivity
from tasks.standard_learners import standard_learners
from tasks.try_fix import try_fix

Ask: TypeAlias = Callable[..., Artifact]
"""`Stages.run`, or `Stages.recall` for what nobody asked for."""


def _findings(stages: Stages, ask: Ask, patient: Patient) -> None:
    """By the rules of today; the training itself was recorded."""
    examining = {**patient.fitting, "debugging": patient.config.debugging}
    ask(preflight, **examining)
    debugged = ask(debug, fitted=patient.fitted, **examining)
    if went_badly(stages.store, debugged):
        ask(try_fix, debugged=debugged, fitted=patient.fitted, **examining)
    else:
        stages.artifacts.pop("try_fix", None)


def _error_analysis(_stages: Stages, ask: Ask, patient: Patient) -> None:
    config = patient.config
    ask(
        error_analysis,
        evaluated=patient.evaluated,
        fitted=patient.fitted,
        **patient.data,
        **patient.heard,
        settings=config.analysis,
        confidence=config.evaluation.confidence,
    )


def _sensitivity(_stages: Stages, ask: Ask, patient: Patient) -> None:
    ask(
        sensitivity,
        fitted=patient.fitted,
        manifest=patient.manifest,
        source=patient.source,
        **patient.heard,
        settings=patient.config.analysis,
        perturbations="all",
        noise=noise_of(patient.source),
    )


def _standard_learners(_stages: Stages, ask: Ask, patient: Patient) -> None:
    seed = patient.config.training.seed
    ask(standard_learners, evaluated=patient.evaluated, **patient.data, seed=seed)


def _finer_features(_stages: Stages, ask: Ask, patient: Patient) -> None:
    rate_hz = patient.config.data.sample_rate_hz
    finer = FeaturesConfig.published(patient.config.features.clip_duration_ms, rate_hz)
    ask(finer_features, **patient.data, source=patient.source, finer=finer, sample_rate_hz=rate_hz)


def _learning_curve(_stages: Stages, ask: Ask, patient: Patient) -> None:
    ask(learning_curve, **retrainings(ask, patient.fitting, LEARNING_CURVE_PLAN))


def _repeats(_stages: Stages, ask: Ask, patient: Patient) -> None:
    trained = retrainings(ask, patient.fitting, REPEATS_PLAN)
    ask(repeats, **patient.fitting, confidence=patient.config.evaluation.confidence, **trained)


PARTS: Mapping[Part, Callable[[Stages, Ask, Patient], None]] = {
    "findings": _findings,
    "error_analysis": _error_analysis,
    "sensitivity": _sensitivity,
    "standard_learners": _standard_learners,
    "finer_features": _finer_features,
    "learning_curve": _learning_curve,
    "repeats": _repeats,
}
