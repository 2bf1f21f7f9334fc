"""The flow `train`: from clips to a registered model; what did not change is not computed again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from prefect import flow

from soundcheck.artifacts import Artifact, TrainStageName
from soundcheck.config import Config
from soundcheck.store import Store, home_folder
from soundcheck.training.fitted import TrainingDivergedError
from tasks.audit import audit
from tasks.baseline import baseline
from tasks.caching import Stages
from tasks.debug import debug, explain_divergence, went_badly
from tasks.error_analysis import error_analysis
from tasks.evaluate import evaluate
from tasks.fetch import fetch
from tasks.fit import fit
from tasks.flow_run import FlowRun
from tasks.gate import gate
from tasks.ingest import clips_of, ingest
from tasks.leakage import leakage
from tasks.preflight import preflight
from tasks.prerequisites import prerequisites
from tasks.projection import data_splits, project, run_identity
from tasks.registry import champion_profile, default_model_name, register
from tasks.report import report_address
from tasks.results import Results
from tasks.runs import tracked_run
from tasks.sensitivity import sensitivity
from tasks.signal import signal
from tasks.spectrograms import spectrograms
from tasks.summary import TrainResult, publish, summarize
from tasks.tracking import Labelling
from tasks.try_fix import try_fix
from tasks.validate import validate
from tasks.validate_predictions import validate_predictions
from tasks.validate_spectrograms import validate_spectrograms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from soundcheck.data.sources import Source
    from soundcheck.features.profile import Profile

DEFAULTS = Config()


@flow(name="train", flow_run_name="{config.model.name} on {config.data.source}")
def train(
    config: Config = DEFAULTS,
    model_name: str | None = None,
    experiment: str = "soundcheck",
    run_name: str | None = None,
    tags: dict[str, str] | None = None,
    refresh: tuple[TrainStageName, ...] = (),
) -> TrainResult:
    """Trains a model of spoken commands, and registers it where it beats every baseline.

    Args:
        config: Everything that decides the result.
        model_name: Name of the registered model; by default `speech-commands`, and for synthetic speech
            `speech-commands-demo`.
        experiment: MLflow experiment that the run belongs to.
        run_name: Name of the MLflow run; by default MLflow draws one.
        tags: Further tags of the MLflow run.
        refresh: Stages to run again though nothing that decides them changed.
    """
    flow_run, home = FlowRun.current(), home_folder()
    model_name = default_model_name(config) if model_name is None else model_name
    labelling = Labelling(experiment=experiment, run_name=run_name, tags=tags or {})
    prerequisites(config, home, model_name, labelling)

    with Stages.on(store := Store(home / "store"), refresh) as stages:
        source = fetch(config.data, home)
        profile = partial(champion_profile, home, model_name, config)
        manifest = list_clips(stages, source, config)
        data = prepare(stages, source, manifest, config, model_name, profile)
        examine(stages, data, config)

        fitting = {**data, "model": config.model, "training": config.training}
        stages.run(preflight, **fitting, debugging=config.debugging)
        identity = run_identity(stages, fitting, config)
        splits = partial(data_splits, store, data["manifest"], source, config)
        coming = fit.recipe(fitting)  # so that a run that is broken off later keeps its fit
        with tracked_run(home, labelling, identity, splits, flow_run, stages.paths(coming)) as run:
            fitted = fit_and_debug(stages, fitting, config, run.log_epoch)
            checked = judge(stages, source, data, fitted, config)
            results = Results(store, source, stages.artifacts)
            shown = project(run, results, config)
            gate(store, checked, report_address(shown))  # after all was shown: there it says why
            registration = stages.follow(
                register, run=shown, results=results, config=config, model_name=model_name
            )
            confidence = config.evaluation.confidence
            result = summarize(shown, flow_run, results, registration, confidence, stages.outcomes)
            publish(result, shown)
    return result


def list_clips(stages: Stages, source: Source, config: Config) -> Artifact:
    """The manifest: which clips there are, and what for."""
    clip_duration_ms = config.features.clip_duration_ms
    return stages.run(ingest, source=source, data=config.data, clip_duration_ms=clip_duration_ms)


def prepare(
    stages: Stages,
    source: Source,
    manifest: Artifact,
    config: Config,
    model_name: str,
    profile: Callable[[], Profile | None],
) -> dict[str, Artifact]:
    """The manifest and the shards of features, both checked: what must hold of them does."""
    rate_hz, features, validation = config.data.sample_rate_hz, config.features, config.validation
    checked = stages.run(
        validate,
        manifest=manifest,
        source=source,
        validation=validation,
        sample_rate_hz=rate_hz,
        split=config.data.split,
        validation_fraction=config.data.validation_fraction,
        test_fraction=config.data.test_fraction,
        splits_given=source.assigns_splits,
    )
    gate(stages.store, checked)
    shards = stages.run(
        spectrograms,
        clips=clips_of(stages.store, manifest),
        manifest=manifest,
        source=source,
        features=features,
        sample_rate_hz=rate_hz,
    )
    data = {"manifest": manifest, "shards": shards}
    checked = stages.run(
        validate_spectrograms,
        **data,
        source=source,
        checks=validation.spectrograms,
        features=features,
        sample_rate_hz=rate_hz,
        model_name=model_name,
        champion_profile=profile,
    )
    gate(stages.store, checked)
    return data


def examine(stages: Stages, data: dict[str, Artifact], config: Config) -> None:
    """What can be learnt from the data at all, before the training that may disappoint."""
    features, rate_hz, seed = config.features, config.data.sample_rate_hz, config.data.split_seed
    stages.run(signal, **data, features=features, sample_rate_hz=rate_hz, seed=seed)
    stages.run(leakage, **data, seed=seed)
    stages.run(
        audit,
        **data,
        features=features,
        settings=config.audit,
        min_rms=config.validation.min_rms,
        min_speech_contrast_db=config.validation.min_speech_contrast_db,
    )
    stages.run(baseline, **data, seed=config.training.seed)


def fit_and_debug(
    stages: Stages,
    fitting: Mapping[str, Any],
    config: Config,
    on_epoch: Callable[[dict[str, float]], None],
) -> Artifact:
    """The fitted model, with the faults of its training; where it went badly, their remedies are tried."""
    examining = {**fitting, "debugging": config.debugging}
    try:
        fitted = stages.run(fit, **fitting, on_epoch=on_epoch)
    except TrainingDivergedError as error:
        explain_divergence(stages.store, error, fitting, config.debugging)
        raise
    debugged = stages.run(debug, fitted=fitted, **examining)
    if went_badly(stages.store, debugged):
        stages.run(try_fix, debugged=debugged, fitted=fitted, **examining)
    return fitted


def judge(
    stages: Stages, source: Source, data: dict[str, Artifact], fitted: Artifact, config: Config
) -> Artifact:
    """What the model says of each clip, where it is wrong and how far it can be trusted."""
    evaluated = stages.run(evaluate, fitted=fitted, **data, evaluation=config.evaluation)
    checks, manifest = config.validation.predictions, data["manifest"]
    checked = stages.run(
        validate_predictions, manifest=manifest, evaluated=evaluated, source=source, checks=checks
    )
    heard = {
        "features": config.features,
        "sample_rate_hz": config.data.sample_rate_hz,
        "settings": config.analysis,
    }
    confidence = config.evaluation.confidence
    stages.run(error_analysis, evaluated=evaluated, fitted=fitted, **data, **heard, confidence=confidence)
    stages.run(sensitivity, fitted=fitted, manifest=manifest, source=source, **heard, perturbations="noise")
    return checked
