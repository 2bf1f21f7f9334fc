"""The gate: which models become versions, and which version is the champion."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from soundcheck.config import Config, with_settings
from tasks import registry
from tasks.receipts import Registration, all_receipts
from tasks.registry import (
    CHAMPION,
    JUDGED_AGAINST,
    VERDICT,
    champion_profile,
    default_model_name,
    register,
)
from tasks.runs import CONTENT
from tasks.serving import log_served_model
from tasks.tracking import STORE, TrackedRun

NAME = "tones"
pytestmark = pytest.mark.slow  # every version saves and logs a model


@pytest.fixture
def at_the_gate(tracking):
    """Registers finished results in a run of their own, or in that of an identity, which is then complete."""
    runs = []

    def gate(finished, model_name: str = NAME, identity: str | None = None) -> Registration:
        runs.append(identity or f"run {len(runs)}")
        with tracking.opened(runs[-1]) as run:
            if not run.complete:
                log_served_model(run, finished.results, finished.config)
                run.set_tags({CONTENT: "c"})
            shown = run.noted(content="c")
            return register.fn(shown, finished.results, finished.config, model_name)

    return gate


@pytest.fixture
def without_mlflow(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Whoever connects to MLflow from now on fails."""

    def refuse(_run: TrackedRun) -> None:
        pytest.fail("MLflow was asked")

    return lambda: monkeypatch.setattr(TrackedRun, "connect", refuse)


@pytest.fixture
def client(tracking) -> MlflowClient:
    return tracking.client


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
        verdict="pass",
        judged_against=None,
    )
    version = client.get_model_version_by_alias(NAME, CHAMPION)
    assert version.tags["soundcheck.labels"] == "high,low"
    assert version.tags["soundcheck.test_accuracy"] == "1.0000"
    assert version.tags[VERDICT] == "pass"
    again = at_the_gate(finished)
    assert again == first.model_copy(
        update={"outcome": "reused", "why": "version 1 holds this very model", "champion": True}
    )
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


def test_two_models_at_the_gate_at_once_take_turns(
    at_the_gate, client: MlflowClient, workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = registry._champion

    def look_and_linger(*arguments: Any) -> Any:
        found = look(*arguments)
        time.sleep(0.5)  # long enough for the other one to see the same champion
        return found

    monkeypatch.setattr(registry, "_champion", look_and_linger)
    finished = {f"right {right}": workshop.make(right=right) for right in (14, 18)}
    with ThreadPoolExecutor() as threads:
        said = list(threads.map(lambda item: at_the_gate(item[1], identity=item[0]), finished.items()))
    assert sorted(one.judged_against or "none" for one in said) == ["1", "none"]
    assert len(versions(client)) == 2


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


def test_a_registered_model_is_known_by_its_receipt(
    at_the_gate, workshop, without_mlflow: Callable[[], None]
) -> None:
    finished = workshop.make()
    first = at_the_gate(finished, identity="i1")
    without_mlflow()
    assert at_the_gate(finished, identity="i1") == first.model_copy(
        update={"outcome": "reused", "why": "version 1 holds this very model"}
    )


def test_a_receipt_knows_every_name_that_a_model_was_registered_under(
    at_the_gate, workshop, without_mlflow: Callable[[], None]
) -> None:
    finished = workshop.make()
    for name in ("one", "other"):
        at_the_gate(finished, name, identity="i1")
    without_mlflow()
    assert [at_the_gate(finished, name, identity="i1").model_name for name in ("one", "other")] == [
        "one",
        "other",
    ]


def test_a_version_that_lost_its_place_is_no_champion_any_more(
    at_the_gate, client: MlflowClient, workshop
) -> None:
    first = workshop.make(right=15)
    at_the_gate(first, identity="i1")
    at_the_gate(workshop.make(right=18))
    again = at_the_gate(first, identity="i1")
    assert (again.outcome, again.model_version, again.champion) == ("reused", "1", False)
    client.set_registered_model_alias(NAME, CHAMPION, "1")
    assert at_the_gate(first, identity="i1").champion


def test_without_a_champion_a_registered_model_is_still_reused(
    at_the_gate, client: MlflowClient, workshop
) -> None:
    finished = workshop.make()
    at_the_gate(finished, identity="i1")
    client.delete_registered_model_alias(NAME, CHAMPION)
    again = at_the_gate(finished, identity="i1")
    assert (again.outcome, again.model_version, again.champion) == ("reused", "1", False)


@pytest.mark.parametrize("deleted", ["version", "model"])
def test_a_version_that_was_deleted_is_registered_again(
    at_the_gate, client: MlflowClient, workshop, deleted: str
) -> None:
    finished = workshop.make()
    at_the_gate(finished, identity="i1")
    if deleted == "version":
        client.delete_model_version(NAME, "1")
    else:
        client.delete_registered_model(NAME)
    again = at_the_gate(finished, identity="i1")
    assert (again.outcome, again.champion) == ("rebuilt", True)
    assert versions(client) == [again.model_version] == [champion(client)]


@pytest.mark.parametrize("identity", ["i1", "i2"], ids=["by its receipt", "by the registry"])
def test_what_could_not_be_compared_is_judged_again_when_the_champion_changed(
    at_the_gate, client: MlflowClient, workshop, identity: str
) -> None:
    at_the_gate(workshop.make(right=15))
    other_labels = workshop.make(labels=("haut", "profond"))
    judged = at_the_gate(other_labels, identity="i1")
    assert (judged.verdict, judged.judged_against) == ("not comparable", "1")
    again = at_the_gate(other_labels, identity=identity)
    assert (again.outcome, again.verdict) == ("reused", "not comparable")
    assert at_the_gate(workshop.make(right=18)).champion

    judged = at_the_gate(other_labels, identity=identity)
    assert (judged.outcome, judged.model_version, judged.judged_against) == ("rebuilt", "2", "3")
    assert client.get_model_version(NAME, "2").tags[JUDGED_AGAINST] == "3"
    assert at_the_gate(other_labels, identity=identity).outcome == "reused"
    client.delete_registered_model_alias(NAME, CHAMPION)
    judged = at_the_gate(other_labels, identity=identity)
    assert (judged.outcome, judged.verdict, judged.champion) == ("rebuilt", "pass", True)
    assert champion(client) == "2"


def test_equal_weights_under_other_labels_are_another_model(
    at_the_gate, client: MlflowClient, workshop
) -> None:
    one, renamed = workshop.make(), workshop.make(labels=("haut", "profond"))
    assert one.results.stages["fit"].digest == renamed.results.stages["fit"].digest
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


def test_a_receipt_names_the_registry_that_holds_the_version(
    at_the_gate, workshop, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = workshop.make()
    at_the_gate(finished, identity="i1")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", f"sqlite:///{home}/registry.db")
    assert at_the_gate(finished, identity="i1").model_version == "1"
    [receipt] = all_receipts(home / STORE).values()
    assert receipt.registry_uri == f"sqlite:///{home}/registry.db"


def test_synthetic_speech_has_a_name_of_its_own() -> None:
    assert default_model_name(Config()) == "speech-commands-demo"
    assert default_model_name(with_settings(Config(), ["data.source=clips"])) == "speech-commands"


def test_new_features_are_held_to_the_champions_training_profile(
    at_the_gate, tracking, workshop, client: MlflowClient
) -> None:
    finished = workshop.make(right=19)
    assert champion_profile(tracking.home, NAME, finished.config) is None
    at_the_gate(finished)
    assert champion(client) == "1"
    assert champion_profile(tracking.home, NAME, finished.config) == finished.results.read_profile()
    other = with_settings(finished.config, ["features.mel_bands=8"])
    assert champion_profile(tracking.home, NAME, other) is None
