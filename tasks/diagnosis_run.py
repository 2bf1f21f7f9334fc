"""What a diagnosis adds to the MLflow run that it is of."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, ConfigDict

from soundcheck.errors import SoundcheckError
from soundcheck.files import disk_errors, remove, write_atomically
from tasks.caching import OutcomeName
from tasks.interruption import uninterrupted
from tasks.logged_runs import RunGoneError, refuse_deleted
from tasks.report import REPORT, REPORTS, report_on, untold_stages
from tasks.report_sections.origin import Origin
from tasks.report_sections.plots import PLOTS, Plots
from tasks.report_sections.sounds import Sounds
from tasks.tracking_server import TrackingServerError, asking, page_of, without_password
from tasks.verdict import NEXT_STEP, VERDICT

if TYPE_CHECKING:
    from soundcheck.config import Config
    from tasks.diagnosis import Diagnosis
    from tasks.receipts import Receipt
    from tasks.results import Results

FOLDER = "diagnosis"  # among the run's artifacts


class Shown(BaseModel):
    """Whether the run shows the diagnosis, and why not; and its report, written again where that can be.

    `address` is where the report is seen in the MLflow UI; empty where none was written.
    """

    model_config = ConfigDict(frozen=True)

    outcome: OutcomeName
    why: str
    report: Path | None = None
    address: str = ""


class NoReportError(SoundcheckError):
    """A report that cannot be written again, and why."""


@task(name="show", task_run_name="show", cache_policy=NO_CACHE)
def show(diagnosis: Diagnosis, receipt: Receipt | None, results: Results, config: Config) -> Shown:
    """Adds the diagnosis to its run: its pictures and the report as artifacts, the verdict as tags.

    The results of the run itself stay as they were, and doing it again replaces what is there. A server that
    cannot be reached, or a run that is gone, costs nothing but that; a report that cannot be written, nothing
    but the report. Where clips have changed since, or are gone, the run keeps the report that can play them,
    and the new one stands beside the pictures of the diagnosis.

    Args:
        diagnosis: As it stands in the home folder.
        receipt: Of the run; None for a model file.
        results: Of the run, and of what was asked of it.
        config: The run's own.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    if receipt is None:
        return Shown(outcome="skipped", why="a model file has no run")
    try:
        origin = _origin_of(receipt)
        report, remark = _report_and_remark(diagnosis, receipt, results, config, origin)
        _upload(diagnosis, receipt, report)
    except RunGoneError as error:
        return Shown(outcome="skipped", why=str(error))
    except TrackingServerError as error:
        why = f"the run {receipt.run_id} of {receipt.tracking_uri} cannot be written to: {error}"
        return Shown(outcome="skipped", why=without_password(why))
    if report is None:
        return Shown(outcome="rebuilt", why=f"below {FOLDER}/ in the run {receipt.run_id}{remark}")
    aside = report.parent == diagnosis.folder
    places = f"below {FOLDER}/" if aside else f"in {REPORT} and below {FOLDER}/"
    artifact = f"{FOLDER}/{REPORT}" if aside else REPORT
    return Shown(
        outcome="rebuilt",
        why=f"{places} in the run {receipt.run_id}{remark}",
        report=report,
        address=f"{origin.address}/artifacts/{artifact}",
    )


def _report_and_remark(
    diagnosis: Diagnosis, receipt: Receipt, results: Results, config: Config, origin: Origin
) -> tuple[Path | None, str]:
    """The report's file, or none; and what has to be said of it."""
    sounds = Sounds.of(results)
    try:
        report = write_report(diagnosis, receipt, results, config, origin, sounds)
    except NoReportError as error:
        return None, without_password(f"; no {REPORT}: {error}")
    if not sounds.lost:
        return report, ""
    count = len(sounds.lost)
    lost = "a clip has changed or is" if count == 1 else f"{count} clips have changed or are"
    return report, f"; {REPORT} stays as it was, for {lost} gone since"


def write_report(
    diagnosis: Diagnosis,
    receipt: Receipt,
    results: Results,
    config: Config,
    origin: Origin,
    sounds: Sounds,
) -> Path:
    """Writes the report where `soundcheck report` puts those it fetches; see `show`.

    What the diagnosis has not drawn is taken from the plots of the run. A report that lacks sounds goes into
    the folder of the diagnosis.

    Raises:
        NoReportError: an older version made the run, or its plots cannot be had.
        StoreError: the disk is full or may not be written.
    """
    from soundcheck.evaluation.verdict import Verdict

    untold = untold_stages(results)
    if untold:
        raise NoReportError(f"the run was made by an older Soundcheck, without {', '.join(untold)}")
    with tempfile.TemporaryDirectory() as folder:
        drawn = [diagnosis.folder / part for part in diagnosis.drawn]
        shown = Plots((*drawn, _plots_of(receipt, folder)))
        report = report_on(results, config, origin, shown, Verdict.from_dict(diagnosis.verdict), sounds)
    aside = diagnosis.folder / REPORT
    file = aside if sounds.lost else diagnosis.home / REPORTS / receipt.run_id / REPORT
    with disk_errors(diagnosis.home):
        remove(aside)  # of a time when sounds were lost
    write_atomically(file, report.encode())
    return file


@uninterrupted()
def _origin_of(receipt: Receipt) -> Origin:
    """The run as its server has it."""
    with asking(receipt.tracking_uri) as client:
        refuse_deleted(client, receipt)
        stored = client.get_run(receipt.run_id)
    address = page_of(receipt.tracking_uri, receipt.experiment_id, receipt.run_id)
    return Origin(receipt.run_id, str(stored.info.run_name), address, stored.data.tags)


@uninterrupted()
def _plots_of(receipt: Receipt, folder: str) -> Path:
    """The plots of the run, fetched into a folder."""
    try:
        with asking(receipt.tracking_uri) as client:
            return Path(client.download_artifacts(receipt.run_id, PLOTS, folder))
    except (TrackingServerError, OSError) as error:
        raise NoReportError(f"the run's {PLOTS}/ could not be had ({error})") from error


@uninterrupted()
def _upload(diagnosis: Diagnosis, receipt: Receipt, report: Path | None) -> None:
    with asking(receipt.tracking_uri, receipt.registry_uri) as client:
        client.log_artifacts(receipt.run_id, str(diagnosis.folder), FOLDER)
        if report and report.parent != diagnosis.folder:
            client.log_artifact(receipt.run_id, str(report))
        client.set_tag(receipt.run_id, VERDICT, diagnosis.verdict["sentence"])
        client.set_tag(receipt.run_id, NEXT_STEP, diagnosis.verdict["next_step"])
