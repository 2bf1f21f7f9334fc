"""Gate: where what must hold of the data does not, the flow stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from soundcheck.errors import ValidationFailedError

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.store import Store


@task(task_run_name="gate {validated.kind}", cache_policy=NO_CACHE)
def gate(store: Store, validated: Artifact, report: str = "") -> None:
    """Stops the flow where a critical expectation does not hold.

    Args:
        store: Where the outcome is.
        validated: Of a checking stage.
        report: Where the run's report is found, once there is one.

    Raises:
        ValidationFailedError: names the expectation, examples, and where the Data Docs are.
    """
    from expectations.outcome import DATA_DOCS, Outcome

    folder = store.path(validated)
    outcome = Outcome.load(folder)
    if not outcome.success:
        further = f"\nReport: {report}" if report else ""
        raise ValidationFailedError(
            f"{outcome.message()}\nData Docs: {folder / DATA_DOCS}/index.html{further}"
        )
