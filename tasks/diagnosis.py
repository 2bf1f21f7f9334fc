"""The diagnosis of a model: what each part says and shows, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from soundcheck.files import disk_errors, remove, write_atomically
from tasks.adopt import has_front_end
from tasks.caching import Outcome
from tasks.diagnosis_pictures import PICTURES
from tasks.diagnosis_request import OF_TRAINING
from tasks.diagnosis_sentences import Part, sentences_of
from tasks.report import REPORT, report_on_file
from tasks.report_sections.errors import NO_SALIENCY
from tasks.report_sections.plots import Plots
from tasks.report_sections.sounds import Sounds
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

    `drawn` are the parts whose pictures were drawn: those asked now, and those asked earlier.
    `report` is the page on a model file; that of a run belongs to the run. `note` says what there is not to
    see, if anything.
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
    report: Path | None = None
    note: str = ""


def diagnosis_of(
    patient: Patient,
    results: Results,
    parts: Sequence[Part],
    home: Path,
    flow_run_id: str,
    stages: Mapping[str, Outcome],
) -> Diagnosis:
    """Writes the pictures, the diagnosis itself and the page on a model file into the home folder.

    Raises:
        StoreError: the disk is full, may not be written, or has a file in the way.
    """
    folder = home / DIAGNOSES / patient.folder_name
    test = results.read_report()["metrics"]["test"]
    wanted: list[Part] = [
        part for part in PICTURES if part in parts or _asked_earlier(part, patient, results)
    ]
    with disk_errors(home):
        folder.mkdir(parents=True, exist_ok=True)
        drawn: dict[Part, list[str]] = {part: _draw(part, folder, results, patient.config) for part in wanted}
    verdict = _verdict(patient, results)
    diagnosis = Diagnosis(
        flow_run_id=flow_run_id,
        subject=patient.name,
        mlflow_run_id=patient.receipt.run_id if patient.receipt else None,
        test_accuracy=test["accuracy"],
        test_accuracy_interval=(test["accuracy_lower"], test["accuracy_upper"]),
        parts=[
            Said(part=part, sentences=sentences_of(part, results), pictures=drawn[part]) for part in parts
        ],
        verdict=verdict.to_dict(),
        stages=dict(stages),
        folder=folder,
        drawn=list(drawn),
        home=home,
        report=None if patient.receipt else folder / REPORT,
        note="" if patient.receipt or not has_front_end(results.store, patient.fitted) else NO_SALIENCY,
    )
    if diagnosis.report:
        shown, sounds = Plots(tuple(folder / part for part in drawn)), Sounds.of(results)
        page = report_on_file(results, patient.config, patient.name, shown, verdict, sounds)
        write_atomically(diagnosis.report, page.encode())
    write_atomically(folder / DIAGNOSIS, (diagnosis.model_dump_json(indent=2) + "\n").encode())
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
    made, own = results.stages.get(part), patient.receipt.results if patient.receipt else ()
    return made is not None and made.path not in own


def _draw(part: Part, folder: Path, results: Results, config: Config) -> list[str]:
    """The names of a part's pictures, in a folder of its own, in place of those of an earlier time.

    They are drawn beside the folder of the diagnosis, so that those of the earlier time stay until all are
    there, and nothing that a killed process left is shown. Only one process draws for a folder at a time.
    """
    place, draft = folder / part, folder.with_name(f".{folder.name}")
    remove(draft)
    draft.mkdir()
    try:
        PICTURES[part](draft, results, config)
        names = [file.name for file in draft.iterdir()]
        remove(place)
        if names:
            draft.rename(place)
    finally:
        remove(draft)
    return sorted(f"{part}/{name}" for name in names if name.endswith(".png"))
