"""Pages for Prefect: what strangers named is shown, and does nothing."""

from pathlib import Path
from typing import Any

import pytest

from soundcheck.debugging.findings import Cause, Finding, Severity, Where
from tasks.debug import with_labels
from tasks.diagnosis import Diagnosis, Said
from tasks.diagnosis_run import Shown
from tasks.summary import diagnosis_markdown, escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("log_mel, fft_length 0.005 -> 0.002; 3 of 8 (0.1 to 0.2)", None),
        ("[go](http://evil)", "\\[go\\](http://evil)"),
        ("a | b", "a \\| b"),
        ("<img src=x> & *so* `on` ~~", "\\<img src=x> \\& \\*so\\* \\`on\\` \\~\\~"),
        ("_go_ not a_b", "\\_go\\_ not a_b"),
        ("# go\n\n# no", "\\# go # no"),
        ("- go", "\\- go"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_a_label_is_no_markup(text: str, shown: str | None) -> None:
    assert escaped(text) == (text if shown is None else shown)


def test_a_diagnosis_is_told_with_its_verdict_first() -> None:
    verdict: dict[str, Any] = {
        "sentence": "The label | *x* is wrong.",
        "next_step": "Listen.",
        "ranking": [{"subject": "data", "points": 1.25, "evidence": ["'a|b' is rare."]}],
    }
    diagnosis = Diagnosis(
        flow_run_id="f1",
        subject="own_model",
        mlflow_run_id=None,
        test_accuracy=0.9,
        test_accuracy_interval=(0.8, 0.95),
        parts=[Said(part="sensitivity", sentences=["It holds."], pictures=[])],
        verdict=verdict,
        stages={},
        folder=Path("/home/diagnoses/own"),
        drawn=[],
        home=Path("/home"),
        note="No saliency.",
    )
    lines = diagnosis_markdown(
        diagnosis, Shown(outcome="skipped", why="a model file has no run")
    ).splitlines()
    assert lines == [
        "# own_model: 90.0% on test clips (80.0% to 95.0%)",
        "",
        "**The label \\| \\*x\\* is wrong.** Listen.",
        *["", "## data: up to 1.2 points", "", "- 'a\\|b' is rare."],
        *["", "## sensitivity", "", "- It holds."],
        "",
        "In /home/diagnoses/own; a model file has no run. No saliency.",
    ]


def test_a_finding_names_the_labels_of_its_classes() -> None:
    finding = Finding(
        "confused_classes",
        Severity.INFO,
        Cause.UNDERFITTING,
        Where("data", "class 1"),
        (),
        "Of the rows of class 1, 51% are taken for class 0.",
        "Listen to rows of classes 1 and 0.",
    )
    told = with_labels(finding, ["down", "go"]).message
    assert told == f"{finding.message} (class 1 is 'go', class 0 is 'down')"
    assert with_labels(finding, []) == finding
