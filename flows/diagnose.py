"""The flow `diagnose`: what holds a trained model back, be it a run's or somebody's own."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from prefect import flow

from flows.diagnosis_parts import PARTS
from flows.train import examine, list_clips, prepare
from soundcheck.config import Config
from soundcheck.files import exclusive
from soundcheck.store import Store, home_folder
from tasks.adopt import adopt, has_front_end
from tasks.caching import NotMadeError, Stages
from tasks.diagnosis import Diagnosis, Part, diagnosis_of
from tasks.diagnosis_request import OF_TRAINING, parts_of
from tasks.diagnosis_run import show
from tasks.evaluate import evaluate
from tasks.evaluate_waveforms import evaluate_waveforms
from tasks.fetch import fetch
from tasks.flow_run import FlowRun
from tasks.logged_runs import artifacts_of, configuration_of, find_receipt_of
from tasks.patient import Patient, model_file
from tasks.receipts import note_diagnosis
from tasks.recompute import recompute
from tasks.registry import champion_profile, default_model_name
from tasks.results import Results
from tasks.summary import publish_diagnosis

if TYPE_CHECKING:
    from pathlib import Path


@flow(name="diagnose", flow_run_name="diagnose {subject}")
def diagnose(
    subject: str | None = None,
    config: Config | None = None,
    only: tuple[Part, ...] = (),
    labels: tuple[str, ...] = (),
) -> Diagnosis:
    """Says what holds a model back, with the evidence.

    Args:
        subject: The id of a run or its beginning; without it the run used last; or a `.keras` file.
        config: For a file: the data, and the features that the model takes. A run has its own.
        only: The parts that are asked; without it all that need no further training.
        labels: For a file: the labels in the order of the model's outputs, where that is not sorted.
    """
    flow_run, home = FlowRun.current(), home_folder()
    parts = parts_of(subject, only, with_data=config is not None)
    with Stages.on(store := Store(home / "store")) as stages:
        if config is None:
            patient = logged(stages, subject, home)
        else:
            patient = adopted(stages, str(subject), config, labels, home)
        seed = patient.config.data.split_seed
        stages.run(recompute, **patient.data, **patient.heard, source=patient.source, seed=seed)
        ask_about(stages, patient, parts)
        results = Results(store, patient.source, stages.artifacts)
        with exclusive(home / "locks" / f"diagnosis-{patient.folder_name}"):
            diagnosis = diagnosis_of(patient, results, parts, home, flow_run.id, stages.outcomes)
            if patient.receipt:
                note_diagnosis(store.root, patient.receipt, stages.used, diagnosis.verdict)
            about = {"receipt": patient.receipt, "results": results, "config": patient.config}
            shown = stages.follow(show, diagnosis=diagnosis, **about)
            publish_diagnosis(diagnosis, shown)
    return diagnosis


def ask_about(stages: Stages, patient: Patient, parts: list[Part]) -> None:
    """Runs the stages of some parts, and recalls those of others, for what was asked once is evidence too."""
    for part, ask in PARTS.items():
        if part in parts:
            ask(stages, stages.run, patient)
        elif patient.receipt or part not in OF_TRAINING:
            with suppress(NotMadeError):
                ask(stages, stages.recall, patient)


def logged(stages: Stages, run: str | None, home: Path) -> Patient:
    """A run with its own configuration and its own results, of which nothing is made again."""
    receipt = find_receipt_of(stages.store.root, run)
    config = configuration_of(receipt)
    stages.artifacts.update(artifacts_of(stages.store, receipt))
    return _patient(stages, receipt.run_id, config, fetch(config.data, home), receipt=receipt)


def adopted(stages: Stages, model: str, config: Config, labels: tuple[str, ...], home: Path) -> Patient:
    """A model file, with the data prepared as for a training; one that does not fit them is refused first."""
    file, source = model_file(model), fetch(config.data, home)
    heard = {"features": config.features, "sample_rate_hz": config.data.sample_rate_hz}
    manifest = list_clips(stages, source, config)
    fitted = stages.run(adopt, model=file, manifest=manifest, order=",".join(labels), **heard)
    model_name = default_model_name(config)
    profile = partial(champion_profile, home, model_name, config)
    data = prepare(stages, source, manifest, config, model_name, profile)
    examine(stages, data, config)
    judged: dict[str, Any] = {"fitted": fitted, "manifest": manifest, "evaluation": config.evaluation}
    if has_front_end(stages.store, fitted):
        evaluated = stages.run(evaluate_waveforms, **judged, **heard, source=source)
    else:
        evaluated = stages.run(evaluate, **judged, shards=data["shards"])
    stages.artifacts |= {"fit": fitted, "evaluate": evaluated}
    return _patient(stages, file.path.stem, config, source)


def _patient(stages: Stages, name: str, config: Config, source: Any, **known: Any) -> Patient:
    made = stages.artifacts
    return Patient(
        name, config, source, made["ingest"], made["spectrograms"], made["fit"], made["evaluate"], **known
    )
