"""Fetching: a fault of the network is tried again, a wrong path is not."""

from pathlib import Path

import pytest
from prefect import flow

from soundcheck.config import DataConfig
from soundcheck.data.sources import Source
from soundcheck.errors import DownloadError, SourceError
from tasks import fetch as fetching

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]
FOUND = Source(Path("/clips"), digest="d")


@pytest.fixture
def attempts(monkeypatch):
    """Lets `locate` answer with each of the given outcomes in turn."""
    made = []

    def answer_with(*outcomes):
        def locate(_data, _home):
            outcome = outcomes[len(made)]
            made.append(outcome)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(fetching, "locate", locate)
        return made

    return answer_with


@flow
def fetch_once() -> Source:
    return fetching.fetch.with_options(retry_delay_seconds=0)(DataConfig(), Path("/home"))


def test_a_fault_of_the_network_is_tried_again(attempts):
    made = attempts(DownloadError("timed out", transient=True), FOUND)
    assert fetch_once() == FOUND
    assert len(made) == 2


@pytest.mark.parametrize("error", [SourceError("no such folder"), DownloadError("404", transient=False)])
def test_what_waiting_cannot_mend_is_not(attempts, error):
    made = attempts(error, FOUND)
    with pytest.raises(type(error)):
        fetch_once()
    assert len(made) == 1
