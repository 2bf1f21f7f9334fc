"""Projection: everything about a flow run's results, written from the store into its MLflow run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.artifacts import create_link_artifact
from prefect.cache_policies import NO_CACHE

from soundcheck.artifacts import digest_of
from soundcheck.config import Config, flatten
from soundcheck.data.manifest import MANIFEST_FILE, read_manifest
from soundcheck.debugging.findings import Severity
from soundcheck.fingerprint import code_of
from tasks.caching import Stages
from tasks.debug import debug
from tasks.error_analysis import error_analysis
from tasks.error_exhibits import error_metrics, write_error_exhibits
from tasks.evaluate import evaluate
from tasks.exhibits import write_exhibits
from tasks.fit import fit
from tasks.report import REPORT, report_address, report_of
from tasks.report_sections.origin import VERSION
from tasks.report_sections.plots import PLOTS
from tasks.results import Results
from tasks.runs import CONTENT, renewed
from tasks.sensitivity import sensitivity
from tasks.serving import log_served_model
from tasks.tracking import FINAL, DataSplit, TrackedRun
from tasks.validate_predictions import validate_predictions
from tasks.verdict import NEXT_STEP, VERDICT, verdict_on

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.artifacts import Artifact
    from soundcheck.data.sources import Source
    from soundcheck.store import Store
    from soundcheck.training.fitted import Fitted


def data_splits(store: Store, manifest: Artifact, source: Source, config: Config) -> list[DataSplit]:
    """The three sets of clips as inputs of a run; a set's digest stands for its clips and their labels."""
    table = read_manifest(store.path(manifest) / MANIFEST_FILE)
    name = Path(config.data.source).name
    return [
        DataSplit(
            context=context,
            name=f"{name}/{context}",
            digest=_split_digest(table.loc[table["split"] == context]),
            source=str(source.root),
            clips=int((table["split"] == context).sum()),
        )
        for context in ("train", "validation", "test")
    ]


def run_identity(stages: Stages, fitting: Mapping[str, Any], config: Config) -> str:
    """What a run stands for: the keys of the stages so far, of `fit`, and what decides all that follows."""
    later = [
        fit.recipe(fitting),
        debug.recipe({**fitting, "debugging": config.debugging}),
        evaluate.recipe({"evaluation": config.evaluation}),
        error_analysis.recipe({"settings": config.analysis}),
        validate_predictions.recipe({"checks": config.validation.predictions}),
        sensitivity.recipe({"settings": config.analysis}),
    ]
    reached_by = code_of(["soundcheck.evaluation.verdict"])
    return digest_of([*stages.paths(), *(recipe.key for recipe in later), reached_by])


@task(task_run_name="project", cache_policy=NO_CACHE)
def project(run: TrackedRun, results: Results, config: Config) -> TrackedRun:
    """The run with params, curves, metrics, exhibits and the model; as it is where it shows them already.

    A complete run that shows something else, such as another fit by the same recipe on a machine whose
    arithmetic is not repeatable, stays as it is, and a new one takes its place.
    """
    artifacts = results.stages.values()
    content = digest_of([artifact.digest for artifact in artifacts])
    known = run.receipt.verdict if run.receipt.content == content else None
    verdict = known or verdict_on(results).to_dict()  # to reach it takes longer than all else of a rerun
    if run.receipt.content != content:
        with renewed(run) as target:
            _write(target, results, config, verdict)
            target.set_tags({CONTENT: content})
        run = target
    create_link_artifact(
        key="report", link=report_address(run), link_text="Soundcheck report", description="Why it came so"
    )
    return run.noted(
        content=content,
        results=tuple(artifact.path for artifact in artifacts),
        configuration=config.model_dump(mode="json"),
        verdict=verdict,
    )


def _write(run: TrackedRun, results: Results, config: Config, verdict: Mapping[str, Any]) -> None:
    from soundcheck.evaluation.verdict import Verdict

    fitted = results.read_fitted()
    run.set_tags({VERSION: version("soundcheck")})
    run.log_params(_params(results, fitted, config))
    _log_history(run, fitted)
    with tempfile.TemporaryDirectory() as folder:
        write_exhibits(Path(folder), results, fitted, config)
        write_error_exhibits(Path(folder), results, config)
        report = report_of(results, config, run, Path(folder) / PLOTS, Verdict.from_dict(verdict))
        (Path(folder) / REPORT).write_text(report, encoding="utf-8")
        run.log_folder(Path(folder))
    log_served_model(run, results, config)
    run.log_final_metrics(_final_metrics(results))
    run.set_tags({VERDICT: verdict["sentence"], NEXT_STEP: verdict["next_step"]})


def _split_digest(rows: pd.DataFrame) -> str:
    # MLflow keeps 36 characters of a digest.
    return digest_of(rows[["clip_digest", "label"]].to_numpy().tolist())[:32]


def _params(results: Results, fitted: Fitted, config: Config) -> dict[str, Any]:
    table = results.read_manifest()
    counts = table.loc[table["split"] != "", "label"].value_counts().sort_index()
    return {
        **flatten(config),
        **{f"optimizer.{name}": value for name, value in fitted.optimizer.items()},
        "data.path": results.source.root,
        "data.clips": int(counts.sum()),
        "data.labels": ", ".join(counts.index),
        **{f"data.clips.{label}": count for label, count in counts.items()},
        "model.parameters": fitted.model.count_params(),
        "training.best_epoch": fitted.best_epoch,
    }


def _log_history(run: TrackedRun, fitted: Fitted) -> None:
    """Replays the epochs that were not logged live: a reused fit has logged none."""
    for row in fitted.history.iloc[run.epochs() :].to_dict("records"):
        run.log_epoch({str(name): value for name, value in row.items()})


def _final_metrics(results: Results) -> dict[str, float]:
    """Of the test clips all metrics; of the others the accuracy, to compare it with."""
    report = results.read_report()
    metrics = {
        f"{FINAL}{split}_{name}": value
        for split, values in report["metrics"].items()
        for name, value in values.items()
        if split == "test" or name.startswith("accuracy")
    }
    findings = results.read_findings()
    metrics["findings"] = float(sum(one.severity > Severity.INFO for one in findings))
    for one in results.read_baselines().baselines:
        metrics |= {f"baseline/{one.name}_train_accuracy": one.train_accuracy}
        metrics |= {f"baseline/{one.name}_test_accuracy": one.test_accuracy}
    return metrics | error_metrics(results) | _data_metrics(results)


def _data_metrics(results: Results) -> dict[str, float]:
    """What the data allow: the leak of known speakers where it could be measured, and the label audit."""
    leakage, audited = results.read_leakage(), results.read_audit()
    estimates = {
        "leakage/random_split_accuracy": leakage.random,
        "leakage/speaker_disjoint_accuracy": leakage.disjoint,
        "leakage/gap": leakage.gap,
        "leakage/speaker_probe_accuracy": leakage.probe.accuracy if leakage.probe else None,
    }
    error = results.read_irreducible_error()["test"]
    return {
        **{name: estimate.value for name, estimate in estimates.items() if estimate is not None},
        "audit/suspected_labels": float(len(audited.suspects)),
        "audit/test_accuracy_ceiling": error["ceiling"],
        "audit/test_accuracy_lowest_ceiling": error["lowest_ceiling"],
    }
