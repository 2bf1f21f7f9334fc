"""The flow `train`: from clips to a registered model; what did not change is not computed again."""

from __future__ import annotations

from functools import partial

from prefect import flow

from soundcheck.artifacts import StageName
from soundcheck.config import Config
from soundcheck.store import Store, home_folder
from tasks.baseline import baseline
from tasks.caching import Stages
from tasks.evaluate import evaluate
from tasks.fetch import fetch
from tasks.fit import fit
from tasks.flow_run import FlowRun
from tasks.ingest import clips_of, ingest
from tasks.preflight import preflight
from tasks.projection import data_splits, project, run_identity
from tasks.registry import default_model_name, register
from tasks.results import Results
from tasks.runs import tracked_run
from tasks.spectrograms import spectrograms
from tasks.summary import TrainResult, publish, summarize
from tasks.tracking import Labelling
from tasks.validate import gate, validate

DEFAULTS = Config()


@flow(name="train", flow_run_name="{config.model.name} on {config.data.source}")
def train(
    config: Config = DEFAULTS,
    model_name: str | None = None,
    experiment: str = "soundcheck",
    run_name: str | None = None,
    tags: dict[str, str] | None = None,
    refresh: tuple[StageName, ...] = (),
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
    rate_hz = config.data.sample_rate_hz
    model_name = default_model_name(config) if model_name is None else model_name
    labelling = Labelling(experiment=experiment, run_name=run_name, tags=tags or {})
    preflight(config, home, model_name, labelling)

    with Stages.on(store := Store(home / "store"), refresh) as stages:
        source = fetch(config.data, home)
        manifest = stages.run(
            ingest, source=source, data=config.data, clip_duration_ms=config.features.clip_duration_ms
        )
        validation = stages.run(
            validate, manifest=manifest, validation=config.validation, sample_rate_hz=rate_hz
        )
        gate(store, validation)
        shards = stages.run(
            spectrograms,
            clips=clips_of(store, manifest),
            manifest=manifest,
            source=source,
            features=config.features,
            sample_rate_hz=rate_hz,
        )
        data = {"manifest": manifest, "shards": shards}
        baselines = stages.run(baseline, **data, seed=config.training.seed)

        fitting = {**data, "model": config.model, "training": config.training}
        identity = run_identity(stages, fitting, config)
        splits = partial(data_splits, store, manifest, source, config)
        coming = fit.recipe(fitting)  # so that a run that is broken off later keeps its fit
        with tracked_run(home, labelling, identity, splits, flow_run, stages.paths(coming)) as run:
            fitted = stages.run(fit, **fitting, on_epoch=run.log_epoch)
            evaluated = stages.run(evaluate, fitted=fitted, **data, evaluation=config.evaluation)
            results = Results(store, source, stages.artifacts)
            shown = project(run, results, config)
            registration = stages.follow(
                register, run=shown, results=results, config=config, model_name=model_name
            )
            confidence = config.evaluation.confidence
            result = summarize(shown, flow_run, results, registration, confidence, stages.outcomes)
            publish(result, shown)
    return result
