"""The report of a run: one HTML file that needs no network, from what the stages left in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from soundcheck.artifacts import TrainStageName
from soundcheck.data.manifest import usable
from soundcheck.debugging.findings import Severity
from soundcheck.report.page import Headline, Report, Section
from soundcheck.report.rendering import render
from tasks.report_sections.data import data_section, label_audit_section
from tasks.report_sections.diagnosis import diagnosis_sections
from tasks.report_sections.errors import (
    calibration_section,
    clips_to_see,
    confusion_section,
    sensitivity_section,
    slices_section,
    worst_clips_section,
)
from tasks.report_sections.origin import (
    Origin,
    configuration_section,
    model_file_section,
    provenance_section,
    reproduction_section,
)
from tasks.report_sections.plots import Plots, per_cent
from tasks.report_sections.sounds import Sounds
from tasks.report_sections.spectrograms import spectrograms_of
from tasks.report_sections.training import curves_section, findings_section, verdict_section

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.config import Config
    from soundcheck.debugging.findings import Finding
    from soundcheck.evaluation.error_analysis import ErrorAnalysis
    from soundcheck.evaluation.verdict import Verdict
    from tasks.results import Results
    from tasks.tracking import TrackedRun

REPORT = "report.html"
REPORTS = "reports"  # in the home folder


def untold_stages(results: Results) -> list[TrainStageName]:
    """The stages of `train` that a report tells of and that are not there, as in runs of older versions."""
    told = (stage for stage in get_args(TrainStageName) if stage != "try_fix")  # which few trainings need
    return [stage for stage in told if stage not in results.stages]


def report_address(run: TrackedRun) -> str:
    """Where a run's report is seen in the MLflow UI."""
    return f"{run.address()}/artifacts/{REPORT}"


def report_of(results: Results, config: Config, run: TrackedRun, plots: Path, verdict: Verdict) -> str:
    """The report of a run that is being written, see `report_on`; `plots` is the folder of its plots."""
    stored = run.connect().get_run(run.run_id)
    origin = Origin(run.run_id, str(stored.info.run_name), run.address(), stored.data.tags)
    return report_on(results, config, origin, Plots((plots,)), verdict, Sounds.of(results))


def report_on(
    results: Results, config: Config, origin: Origin, shown: Plots, verdict: Verdict, sounds: Sounds
) -> str:
    """The report as HTML, below 10 MB.

    Args:
        results: What the stages left; all stages of `train`, and those of `diagnose` that were asked.
        config: As the run had it.
        origin: The run that the report belongs to.
        shown: The plots, as `tasks.exhibits` and `tasks.diagnosis_pictures` name them.
        verdict: What holds the model back.
        sounds: Of the clips.
    """
    clips, analysis, findings = (
        results.read_manifest(),
        results.read_error_analysis(),
        results.read_findings(),
    )
    report = Report(
        title=f"{config.model.name} on {Path(config.data.source).name}",
        subtitle=f"Soundcheck report · run {origin.name} · {_day(results)}",
        verdict=verdict.sentence,
        next_step=verdict.next_step,
        tone=_tone(verdict, findings),
        headlines=_headlines(results, config, clips, of_validation="chose the epoch"),
        sections=(
            verdict_section(verdict, analysis, origin.run_id),
            data_section(results, clips, shown),
            curves_section(results, shown),
            findings_section(findings),
            *_error_sections(analysis, results, config, shown, sounds),
            sensitivity_section(results.read_sensitivity(), shown),
            *diagnosis_sections(results, shown),
            label_audit_section(results, shown, sounds),
            configuration_section(config),
            provenance_section(results, origin),
            reproduction_section(config, origin.tags),
        ),
    )
    return render(report)


def report_on_file(
    results: Results, config: Config, name: str, shown: Plots, verdict: Verdict, sounds: Sounds
) -> str:
    """The report on somebody's model, of whose training nothing is known, as HTML, below 10 MB.

    Args:
        results: What the stages left; of the parts of a diagnosis those that were asked.
        config: The data, and the features that the model takes.
        name: Of the model.
        shown: The plots, as `tasks.diagnosis_pictures` names them.
        verdict: What holds the model back.
        sounds: Of the clips.
    """
    clips = results.read_manifest()
    errors: tuple[Section, ...] = ()
    if "error_analysis" in results.stages:
        analysis = results.read_error_analysis()
        # What could still be asked is asked by the file, whose place the results do not know.
        told = verdict_section(replace(verdict, unmeasured=()), analysis, "")
        errors = (told, *_error_sections(analysis, results, config, shown, sounds))
    sensitivity = (
        (sensitivity_section(results.read_sensitivity(), shown),) if "sensitivity" in results.stages else ()
    )
    return render(
        Report(
            title=f"{name} on {Path(config.data.source).name}",
            subtitle=f"Soundcheck diagnosis · a model file · {_day(results)}",
            verdict=verdict.sentence,
            next_step=verdict.next_step,
            tone=_tone(verdict, ()),
            headlines=_headlines(results, config, clips, of_validation="of clips it may have heard"),
            sections=(
                *errors,
                *sensitivity,
                *diagnosis_sections(results, shown),
                model_file_section(results, config, name),
            ),
        )
    )


def _error_sections(
    analysis: ErrorAnalysis, results: Results, config: Config, shown: Plots, sounds: Sounds
) -> tuple[Section, ...]:
    """Where the model is wrong, and how far its confidence can be believed."""
    seen = spectrograms_of(clips_to_see(analysis), results, config)
    return (
        confusion_section(analysis, shown, sounds, seen),
        worst_clips_section(analysis, config, sounds, seen),
        slices_section(analysis, shown),
        calibration_section(analysis, shown),
    )


def _day(results: Results) -> str:
    """The day on which the model was evaluated: a report that is written again says the same."""
    return results.store.inventory(results.stages["evaluate"]).created[:10]


def _tone(verdict: Verdict, findings: Sequence[Finding]) -> Literal["good", "neutral", "bad"]:
    if verdict.subject == "feature code" or any(one.severity == Severity.ERROR for one in findings):
        return "bad"
    return "good" if verdict.subject == "nothing" else "neutral"


def _headlines(
    results: Results, config: Config, clips: pd.DataFrame, of_validation: str
) -> tuple[Headline, ...]:
    metrics = results.read_report()["metrics"]
    test, confidence = metrics["test"], f"{100 * config.evaluation.confidence:g} % interval"
    best = max(results.read_baselines().baselines, key=lambda one: one.test_accuracy)
    suspects = len(results.read_audit().suspects)
    used = usable(clips)
    interval = f"{confidence} {per_cent(test['accuracy_lower'])} to {per_cent(test['accuracy_upper'])}"
    return (
        Headline("Test accuracy", per_cent(test["accuracy"]), interval),
        Headline("Validation accuracy", per_cent(metrics["validation"]["accuracy"]), of_validation),
        Headline("Best baseline", per_cent(best.test_accuracy), best.name.replace("_", " ")),
        Headline("Clips", f"{len(used)}", f"{used['label'].nunique()} words"),
        Headline("Suspected labels", f"{suspects}", f"of {len(used)}"),
    )
