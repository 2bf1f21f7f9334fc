"""The gate: which models become versions, and which version is the champion."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from soundcheck.config import Config, with_settings
from tasks.registry import CHAMPION, VERDICT, Registration, default_model_name, register
from tasks.serving import log_served_model
from tasks.tracking import FlowRun, Labelling, connect, tracked_run

NAME = "tones"
pytestmark = pytest.mark.slow  # every version saves and logs a model


@pytest.fixture
def at_the_gate(home: Path):
    """Registers finished results in a run of their own."""
    runs = []

    def gate(finished, model_name: str = NAME) -> Registration:
        runs.append(str(len(runs)))
        flow_run = FlowRun(id=runs[-1], url="http://prefect")
        with tracked_run(home, Labelling(), runs[-1], [], flow_run) as run:
            log_served_model(run, finished.results, finished.config)
            return register.fn(run, finished.results, finished.config, model_name)

    return gate


@pytest.fixture
def client(home: Path) -> MlflowClient:
    return connect(home)


def versions(client: MlflowClient, name: str = NAME) -> list[str]:
    return sorted(str(one.version) for one in client.search_model_versions(f"name = '{name}'"))


def champion(client: MlflowClient) -> str:
    return str(client.get_model_version_by_alias(NAME, CHAMPION).version)


@pytest.mark.parametrize("best_baseline", [1.0, 0.9])
def test_what_does_not_beat_every_baseline_is_not_registered(
    at_the_gate, client: MlflowClient, workshop, best_baseline: float
) -> None:
    said = at_the_gate(workshop.make(right=19, best_baseline=best_baseline))
    assert said.outcome == "skipped"
    beaten_by = f"logistic_regression ({best_baseline:.3f})"
    assert said.why == f"test accuracy 0.900 does not beat the baseline {beaten_by}: not registered"
    assert (said.model_version, said.champion) == (None, False)
    assert versions(client) == []


def test_the_first_model_is_the_champion_and_the_same_again_is_reused(
    at_the_gate, client: MlflowClient, workshop
) -> None:
    finished = workshop.make()
    first = at_the_gate(finished)
    assert first == Registration(
        outcome="rebuilt",
        why="version 1 champion (pass): there was no champion",
        model_name=NAME,
        model_version="1",
        champion=True,
    )
    version = client.get_model_version_by_alias(NAME, CHAMPION)
    assert version.tags["soundcheck.labels"] == "high,low"
    assert version.tags["soundcheck.test_accuracy"] == "1.0000"
    assert version.tags[VERDICT] == "pass"
    again = at_the_gate(finished)
    assert (again.outcome, again.model_version, again.champion) == ("reused", "1", True)
    assert versions(client) == ["1"]


def test_a_model_that_is_not_lower_takes_the_place_and_a_lower_one_does_not(
    at_the_gate, client: MlflowClient, workshop
) -> None:
    at_the_gate(workshop.make(right=15))
    better = at_the_gate(workshop.make(right=18))
    assert (better.model_version, better.champion) == ("2", True)
    assert "accuracy 0.8000 is not lower than the champion's 0.5000" in better.why
    lower = workshop.make(right=14)
    said = at_the_gate(lower)
    assert (said.outcome, said.model_version, said.champion) == ("rebuilt", "3", False)
    assert said.why.startswith("version 3 not promoted (fail): on 20 clips")
    assert champion(client) == "2"
    assert client.get_model_version(NAME, "3").tags[VERDICT] == "fail"
    again = at_the_gate(lower)
    assert (again.outcome, again.model_version, again.champion) == ("reused", "3", False)
    assert champion(client) == "2"


def test_models_that_cannot_be_compared_leave_the_champion(
    at_the_gate, client: MlflowClient, workshop
) -> None:
    at_the_gate(workshop.make(right=15))
    other_labels = at_the_gate(workshop.make(labels=("haut", "profond")))
    assert other_labels.why.startswith(
        "version 2 not promoted (not comparable): the models have other labels"
    )
    other_split = at_the_gate(workshop.make(right=18, test_clips=slice(0, 12)))
    assert "(not comparable): only 4 clips were used by neither model, fewer than the 10" in other_split.why
    assert not other_labels.champion
    assert not other_split.champion
    assert champion(client) == "1"


def test_equal_weights_under_other_labels_are_another_model(
    at_the_gate, client: MlflowClient, workshop
) -> None:
    one, renamed = workshop.make(), workshop.make(labels=("haut", "profond"))
    assert one.results.fitted.digest == renamed.results.fitted.digest
    at_the_gate(one)
    said = at_the_gate(renamed)
    assert (said.outcome, said.model_version) == ("rebuilt", "2")
    assert client.get_model_version(NAME, "2").tags["soundcheck.labels"] == "haut,profond"


def test_a_judgement_that_was_interrupted_is_made_up_for(
    at_the_gate, client: MlflowClient, workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = workshop.make()

    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", interrupt)
        with pytest.raises(KeyboardInterrupt):
            at_the_gate(finished)
    said = at_the_gate(finished)
    assert (said.outcome, said.model_version, said.champion) == ("rebuilt", "1", True)
    assert versions(client) == ["1"]
    assert champion(client) == "1"


def test_every_name_has_its_own_champion(at_the_gate, client: MlflowClient, workshop) -> None:
    finished = workshop.make()
    at_the_gate(finished)
    assert at_the_gate(finished, "other").champion
    assert versions(client) == versions(client, "other") == ["1"]


def test_synthetic_speech_has_a_name_of_its_own() -> None:
    assert default_model_name(Config()) == "speech-commands-demo"
    assert default_model_name(with_settings(Config(), ["data.source=clips"])) == "speech-commands"
