"""Summary: the result of a training flow, for machines as one model and for people as a page in Prefect."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, ConfigDict

from tasks.caching import Outcome
from tasks.report import report_address

if TYPE_CHECKING:
    from tasks.diagnosis import Diagnosis
    from tasks.diagnosis_run import Shown
    from tasks.flow_run import FlowRun
    from tasks.receipts import Registration
    from tasks.results import Results
    from tasks.tracking import TrackedRun


class TrainResult(BaseModel):
    """What a training flow came to."""

    model_config = ConfigDict(frozen=True)

    flow_run_id: str
    mlflow_run_id: str
    mlflow_run_url: str
    report_url: str
    model_name: str
    model_version: str | None
    champion: bool
    test_accuracy: float
    test_accuracy_interval: tuple[float, float]
    confidence: float
    validation_accuracy: float
    baselines: dict[str, float]
    overfitted_baselines: list[str]
    verdict: dict[str, Any]
    findings: list[dict[str, Any]]
    explanation: list[str]
    warnings: list[str]
    data_verdicts: list[str]
    stages: dict[str, Outcome]
    data_docs: Path
    home: Path


def summarize(
    run: TrackedRun,
    flow_run: FlowRun,
    results: Results,
    registration: Registration,
    confidence: float,
    stages: dict[str, Outcome],
) -> TrainResult:
    """The result of a flow run from what its stages left in the store."""
    report = results.read_report()
    test, validation = report["metrics"]["test"], report["metrics"]["validation"]
    baselines = results.read_baselines().baselines
    return TrainResult(
        flow_run_id=flow_run.id,
        mlflow_run_id=run.run_id,
        mlflow_run_url=run.address(),
        report_url=report_address(run),
        model_name=registration.model_name,
        model_version=registration.model_version,
        champion=registration.champion,
        test_accuracy=test["accuracy"],
        test_accuracy_interval=(test["accuracy_lower"], test["accuracy_upper"]),
        confidence=confidence,
        validation_accuracy=validation["accuracy"],
        baselines={one.name: one.test_accuracy for one in baselines},
        overfitted_baselines=[one.name for one in baselines if one.overfitted],
        verdict=run.receipt.verdict,
        findings=[finding.as_json() for finding in results.read_findings()],
        explanation=list(report["gap"]["sentences"]),
        warnings=results.warnings(),
        data_verdicts=_data_verdicts(results),
        stages=stages,
        data_docs=results.data_docs(),
        home=run.home,
    )


def _data_verdicts(results: Results) -> list[str]:
    """What the data allow, whatever the model."""
    error = results.read_irreducible_error()["test"]
    return [
        results.read_signal().verdict,
        results.read_leakage().verdict,
        f"Of the test clips: {error['verdict']}.",
    ]


@task(task_run_name="publish", cache_policy=NO_CACHE)
def publish(result: TrainResult, run: TrackedRun) -> None:
    """Shows the result on the Prefect run's page, and the outcome of every stage in the run's tags."""
    create_markdown_artifact(
        key="train-result", markdown=markdown(result), description="Result of the training"
    )
    # A run shows how its results came about; passing by tells nothing new of those that were reused.
    told = {
        f"soundcheck.stage.{name}": f"{one.outcome}: {one.why}"
        for name, one in result.stages.items()
        if one.outcome == "rebuilt" or not run.complete
    }
    if told:
        run.set_tags(told)


@task(task_run_name="publish", cache_policy=NO_CACHE)
def publish_diagnosis(diagnosis: Diagnosis, shown: Shown) -> None:
    """Shows the verdict on the Prefect run's page, with a link to the report where there is one."""
    create_markdown_artifact(
        key="diagnosis-result",
        markdown=diagnosis_markdown(diagnosis, shown),
        description="What holds the model back",
    )
    address = diagnosis.report.as_uri() if diagnosis.report else shown.address
    if address:
        create_link_artifact(
            key="diagnosis-report", link=address, link_text="Soundcheck report", description="Why it is so"
        )


def diagnosis_markdown(diagnosis: Diagnosis, shown: Shown) -> str:
    """The diagnosis as a page: the verdict, its evidence, what each part says, and where to look further."""
    verdict = diagnosis.verdict
    lower, upper = diagnosis.test_accuracy_interval
    accuracy = f"{diagnosis.test_accuracy:.1%} on test clips ({lower:.1%} to {upper:.1%})"
    return "\n".join(
        [
            f"# {escaped(diagnosis.subject)}: {accuracy}",
            "",
            f"**{escaped(verdict['sentence'])}** {escaped(verdict['next_step'])}",
            *(line for one in verdict["ranking"] for line in _claim(one)),
            *(line for said in diagnosis.parts for line in _bullets(said.part, said.sentences)),
            "",
            f"In {escaped(str(diagnosis.folder))}; {escaped(shown.why)}. {diagnosis.note}",
        ]
    )


def _claim(explanation: Mapping[str, Any]) -> list[str]:
    """What one subject could explain."""
    heading = f"{explanation['subject']}: up to {explanation['points']:.1f} points"
    return _bullets(heading, explanation["evidence"])


def _bullets(heading: str, sentences: Sequence[str]) -> list[str]:
    return ["", f"## {heading}", "", *(f"- {escaped(sentence)}" for sentence in sentences)]


def markdown(result: TrainResult) -> str:
    """The result as a page: accuracies, stages, and where to look further."""
    lower, upper = result.test_accuracy_interval
    said, verdict = result.explanation + result.data_verdicts, result.verdict
    interval = f"{100 * result.confidence:g} % interval {lower:.3f} to {upper:.3f}"
    accuracies = [
        (
            "model, test",
            f"**{result.test_accuracy:.3f}** ({interval})",
        ),
        ("model, validation", f"{result.validation_accuracy:.3f}"),
        *((f"baseline {escaped(name)}, test", f"{value:.3f}") for name, value in result.baselines.items()),
    ]
    version = f"version {result.model_version}" if result.model_version else "not registered"
    standing = ", champion" if result.champion else ""
    return "\n".join(
        [
            f"# {escaped(result.model_name)}: {result.test_accuracy:.1%} on test clips ({version}{standing})",
            "",
            f"[MLflow run {result.mlflow_run_id}]({result.mlflow_run_url}), [report]({result.report_url})",
            "",
            "| accuracy | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in accuracies),
            "",
            f"**{escaped(verdict['sentence'])}** {escaped(verdict['next_step'])}",
            "",
            *(_finding(finding) for finding in result.findings),
            "",
            *map(escaped, said),
            "",
            *(f"- {escaped(warning)}" for warning in result.warnings),
            "",
            "| stage | outcome | why | seconds |",
            "|---|---|---|---|",
            *(_row(name, stage) for name, stage in result.stages.items()),
        ]
    )


def _finding(finding: Mapping[str, Any]) -> str:
    return f"- {finding['severity']}: {escaped(finding['message'])} {escaped(finding['remedy'])}"


def _row(name: str, stage: Outcome) -> str:
    return f"| {name} | {stage.outcome} | {escaped(stage.why)} | {stage.seconds:.1f} |"


def escaped(text: str) -> str:
    """A text as Markdown that shows it: names of labels and files come from strangers.

    It becomes one line. Underscores and signs that mean nothing where they stand are left, to be read.
    """
    line = re.sub(r"[\\`*\[\]<|~&]|(?<!\w)_|_(?!\w)", r"\\\g<0>", " ".join(text.split()))
    return re.sub(r"^(?=[#>+=-])", r"\\", line)
