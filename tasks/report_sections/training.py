"""What a report says of the training: what holds the model back, its curves, the findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from soundcheck.debugging.findings import Severity
from soundcheck.report.page import Block, Bullets, Command, Facts, Findings, Folded, Paragraph, Section
from tasks.receipts import RUN_CHARACTERS

if TYPE_CHECKING:
    from soundcheck.debugging.findings import Finding
    from soundcheck.evaluation.error_analysis import ErrorAnalysis
    from soundcheck.evaluation.explanations import Explanation
    from soundcheck.evaluation.verdict import Question, Verdict
    from tasks.report_sections.plots import Plots
    from tasks.results import Results


def verdict_section(verdict: Verdict, analysis: ErrorAnalysis, run_id: str) -> Section:
    """How the test error is shared out, which subject explains how much of it, and what errors are like."""
    shares = {f"{one.name}: {one.points:.1f} points": one.sentence for one in verdict.shares}
    return Section(
        title="What holds the model back",
        lead="",
        blocks=(
            Paragraph("The test error in points, hundredths of the accuracy, shared out:"),
            Facts(shares),
            *(block for one in verdict.ranking for block in _explanation(one)),
            Paragraph("What the errors are like:"),
            Bullets(tuple(analysis.summary())),
            *_unmeasured(verdict.unmeasured, run_id),
        ),
    )


def _unmeasured(questions: Sequence[Question], run_id: str) -> tuple[Block, ...]:
    """What could still be asked of the run, with the command that asks it."""
    if not questions:
        return ()
    sentences = tuple(f"{one.sentence[:1].upper()}{one.sentence[1:]}" for one in questions)
    options = "".join(f" \\\n  --only {one.name}" for one in questions)
    command = Command(f"soundcheck diagnose {run_id[:RUN_CHARACTERS]}{options}")
    return (Folded("What could still be asked", (Bullets(sentences), command)),)


def _explanation(one: Explanation) -> tuple[Block, ...]:
    """What one subject could explain, and what speaks for and against it."""
    heading = f"{one.subject[:1].upper()}{one.subject[1:]} could explain {one.points:.1f} points at most:"
    return Paragraph(heading), Bullets(one.evidence)


def curves_section(results: Results, plots: Plots) -> Section:
    """Loss and accuracy by epoch, and the baselines to beat."""
    report = results.read_report()
    lead, *explanation = report["gap"]["sentences"]
    test = report["metrics"]["test"]
    baselines = results.read_baselines().baselines
    return Section(
        title="Curves",
        lead=lead,
        blocks=(
            Bullets(tuple(explanation)),
            *plots.figure(
                "learning_curves",
                "Loss and accuracy by epoch. Only validation chooses the epoch; test is there to be seen.",
                "Loss and accuracy of training, validation and test clips by epoch, and the chosen epoch.",
            ),
            *plots.figure(
                "baselines",
                "The model beside the baselines it has to beat; one that is far better on its training clips "
                "is overfitted.",
                f"Test accuracies: model {test['accuracy']:.3f}; "
                + ", ".join(f"{one.name.replace('_', ' ')} {one.test_accuracy:.3f}" for one in baselines),
            ),
            Folded(
                "What went on in the layers",
                plots.figure(
                    "training_record",
                    "Gradients, updates and idle units of each layer at some of the steps.",
                    "Loss by epoch; gradients, updates and idle units of each layer by step.",
                ),
            ),
        ),
    )


def findings_section(findings: Sequence[Finding]) -> Section:
    """What is wrong with the training, with the change to make."""
    if not findings:
        return Section("Findings", "Nothing is wrong with this training that Soundcheck knows of.", ())
    alarming = sum(finding.severity >= Severity.WARNING for finding in findings)
    lead = (
        f"To change: {alarming}. Worth knowing: {len(findings) - alarming}. The likely root cause is first."
        if alarming
        else "Nothing has to change; this is worth knowing."
    )
    return Section("Findings", lead, (Findings(tuple(findings)),))
