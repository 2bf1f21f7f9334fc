"""The diagnosis of a model: what each part says and shows, and the verdict."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from tasks.caching import Outcome
from tasks.diagnosis_pictures import PICTURES
from tasks.diagnosis_request import OF_TRAINING
from tasks.diagnosis_sentences import Part, sentences_of
from tasks.results import Results
from tasks.verdict import verdict_on

if TYPE_CHECKING:
    from soundcheck.config import Config
    from soundcheck.evaluation.verdict import Verdict
    from tasks.patient import Patient

DIAGNOSES = "diagnoses"  # in the home folder
DIAGNOSIS = "diagnosis.json"


class Said(BaseModel):
    """What one part of a diagnosis comes to."""

    model_config = ConfigDict(frozen=True)

    part: Part
    sentences: list[str]
    pictures: list[str]


class Diagnosis(BaseModel):
    """What a diagnosis comes to.

    `drawn` are the parts whose pictures were drawn: those asked now, and of a run those asked earlier.
    """

    model_config = ConfigDict(frozen=True)

    flow_run_id: str
    subject: str
    mlflow_run_id: str | None
    test_accuracy: float
    test_accuracy_interval: tuple[float, float]
    parts: list[Said]
    verdict: dict[str, Any]
    stages: dict[str, Outcome]
    folder: Path
    drawn: list[Part]
    home: Path


def diagnosis_of(
    patient: Patient,
    results: Results,
    parts: Sequence[Part],
    home: Path,
    flow_run_id: str,
    stages: Mapping[str, Outcome],
) -> Diagnosis:
    """Writes the pictures and the diagnosis itself into the home folder."""
    folder = home / DIAGNOSES / patient.folder_name
    folder.mkdir(parents=True, exist_ok=True)
    test = results.read_report()["metrics"]["test"]
    drawn: dict[Part, list[str]] = {
        part: _draw(part, folder, results, patient.config)
        for part in PICTURES
        if part in parts or _asked_earlier(part, patient, results)
    }
    diagnosis = Diagnosis(
        flow_run_id=flow_run_id,
        subject=patient.name,
        mlflow_run_id=patient.receipt.run_id if patient.receipt else None,
        test_accuracy=test["accuracy"],
        test_accuracy_interval=(test["accuracy_lower"], test["accuracy_upper"]),
        parts=[
            Said(part=part, sentences=sentences_of(part, results), pictures=drawn[part]) for part in parts
        ],
        verdict=_verdict(patient, results).to_dict(),
        stages=dict(stages),
        folder=folder,
        drawn=list(drawn),
        home=home,
    )
    (folder / DIAGNOSIS).write_text(diagnosis.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return diagnosis


_TRAINED_ELSEWHERE = (
    "This model was trained elsewhere: where test clips were among its training clips, its accuracy "
    "promises too much; and by training clips those of the split here are meant."
)


def _verdict(patient: Patient, results: Results) -> Verdict:
    """Of a model file, with what cannot be known of it, and without what only a run can answer."""
    verdict = verdict_on(results)
    if patient.receipt:
        return verdict
    askable = tuple(one for one in verdict.unmeasured if one.name not in OF_TRAINING)
    return replace(verdict, sentence=f"{verdict.sentence} {_TRAINED_ELSEWHERE}", unmeasured=askable)


def _asked_earlier(part: Part, patient: Patient, results: Results) -> bool:
    """Whether a part was recalled that is none of its run's own, whose pictures the run shows."""
    made = results.stages.get(part)
    return made is not None and patient.receipt is not None and made.path not in patient.receipt.results


def _draw(part: Part, folder: Path, results: Results, config: Config) -> list[str]:
    """The names of a part's pictures, in a folder of its own, in place of those of an earlier time."""
    place = folder / part
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    PICTURES[part](place, results, config)
    pictures = sorted(f"{part}/{file.name}" for file in place.glob("*.png"))
    if not any(place.iterdir()):
        place.rmdir()
    return pictures
