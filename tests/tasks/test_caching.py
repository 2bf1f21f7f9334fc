"""Stages in real flow runs: what is reused, what is rebuilt, and why."""

import logging
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow, get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.filters import FlowRunFilter
from prefect.runtime import flow_run as runtime
from pydantic import BaseModel

from soundcheck.artifacts import Artifact, Recipe
from soundcheck.config import TrainingConfig
from soundcheck.files import is_held
from soundcheck.store import Store
from tasks.caching import Draft, Outcome, OutcomeName, Stage, Stages, stage

NUMBERS = "numbers.txt"


@stage(libraries=["numpy"], ignored=["training.seed"])
def ingest(draft: Draft, _store: Store, training: TrainingConfig, on_epoch: Callable[[str], None]) -> None:
    """Writes down the batch size, so that other settings yield the same content."""
    on_epoch("ingest")
    (draft.folder / NUMBERS).write_text(str(training.batch_size))
    draft.note = "1 number"


@stage(libraries=[])
def fit(
    draft: Draft, store: Store, numbers: Artifact, factor: float, on_epoch: Callable[[str], None]
) -> None:
    """Multiplies the number; a negative factor fails half-way."""
    on_epoch("fit")
    (draft.folder / "half").write_text("half")
    if factor < 0:
        raise ValueError(f"factor={factor}")
    number = int((store.path(numbers) / NUMBERS).read_text())
    (draft.folder / "product").write_text(str(number * factor))


class Came(BaseModel):
    """What one flow run came to."""

    flow_run_id: UUID
    artifacts: tuple[Artifact, Artifact]
    outcomes: dict[str, Outcome]
    paths: list[str]
    ran: list[str]

    def names(self) -> list[str]:
        return [one.outcome for one in self.outcomes.values()]

    def why(self, name: str) -> str:
        return self.outcomes[name].why

    async def _states(self) -> dict[str, str]:
        async with get_client() as client:
            wanted = FlowRunFilter.model_validate({"id": {"any_": [self.flow_run_id]}})
            runs = await client.read_task_runs(flow_run_filter=wanted)
        return {run.name: run.state_name or "" for run in runs}

    def states(self) -> dict[str, str]:
        """The names of the states of the task runs, by their names, as Prefect's server has them."""
        import asyncio

        return asyncio.run(self._states())


@flow(name="two stages")
def two_stages(store: Store, training: TrainingConfig, factor: float, refresh: frozenset[str]) -> Came:
    ran: list[str] = []
    with Stages.on(store, refresh) as stages:
        numbers = stages.run(ingest, training=training, on_epoch=ran.append)
        product = stages.run(fit, numbers=numbers, factor=factor, on_epoch=ran.append)
    return Came(
        flow_run_id=UUID(runtime.get_id()),
        artifacts=(numbers, product),
        outcomes=stages.outcomes,
        paths=stages.paths(),
        ran=ran,
    )


Run = Callable[..., Came]


@pytest.fixture
def run(prefect_server: str, tmp_path: Path) -> Run:  # noqa: ARG001
    """Runs the flow on one store; `store` is its folder."""

    def run(factor: float = 2.0, refresh: frozenset[str] = frozenset(), **training: Any) -> Came:
        return two_stages(Store(tmp_path), TrainingConfig(**training), factor, refresh)

    return run


def recipe_of_ingest(**training: Any) -> Any:
    return ingest.recipe({"training": TrainingConfig(**training), "on_epoch": print})


@pytest.mark.slow
def test_the_second_run_reuses_everything(run: Run) -> None:
    first, second = run(), run()
    assert first.ran == ["ingest", "fit"]
    assert second.ran == []
    assert (first.names(), second.names()) == (["rebuilt"] * 2, ["reused"] * 2)
    assert list(first.outcomes) == ["ingest", "fit"]
    assert (first.why("ingest"), first.why("fit")) == ("first run; 1 number", "first run")
    assert second.why("fit") == "nothing that decides it changed"
    assert second.artifacts == first.artifacts
    assert second.paths == first.paths == [artifact.path for artifact in first.artifacts]
    assert first.states() == {"ingest": "Completed", "fit": "Completed"}
    assert second.states() == {"ingest": "Cached", "fit": "Cached"}


@pytest.mark.slow
def test_a_changed_setting_rebuilds_its_stage_and_equal_content_stops_there(run: Run) -> None:
    first = run(learning_rate=0.001)
    second = run(learning_rate=0.0003)
    assert second.names() == ["rebuilt", "reused"]
    assert second.why("ingest") == "training.learning_rate 0.001 -> 0.0003; 1 number"
    assert second.artifacts[0].digest == first.artifacts[0].digest
    third = run(batch_size=7)
    assert third.names() == ["rebuilt", "rebuilt"]
    assert third.why("fit") == "numbers changed"
    assert run(factor=3.0, batch_size=7).why("fit") == "factor 2.0 -> 3.0"


@pytest.mark.slow
def test_an_ignored_setting_changes_nothing(run: Run) -> None:
    run(seed=1)
    assert run(seed=2).names() == ["reused", "reused"]


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["alter", "delete", "forget"])
def test_what_is_no_longer_whole_is_rebuilt_alone(run: Run, tmp_path: Path, damage: str) -> None:
    why = "its stored result was incomplete or altered"
    numbers = Store(tmp_path).path(run().artifacts[0]) / NUMBERS
    whole = numbers.read_text()
    if damage == "alter":
        numbers.write_text(whole[:-1])
    elif damage == "delete":
        numbers.unlink()
    else:
        shutil.rmtree(tmp_path / recipe_of_ingest().path)
        why = "its stored result was removed"
    came = run()
    assert came.names() == ["rebuilt", "reused"]
    assert came.why("ingest") == f"{why}; 1 number"
    assert came.ran == ["ingest"]
    assert came.states() == {"ingest": "Completed", "fit": "Cached"}
    assert numbers.read_text() == whole


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["alter", "delete"])
def test_prefects_records_may_be_lost(run: Run, tmp_path: Path, damage: str) -> None:
    first = run()
    for record in (tmp_path / "records").iterdir():
        record.write_text("{") if damage == "alter" else record.unlink()
    second = run()
    assert (second.ran, second.names()) == ([], ["reused", "reused"])
    assert second.artifacts == first.artifacts


@pytest.mark.slow
def test_the_store_overrules_prefects_record(run: Run, tmp_path: Path) -> None:
    """A record may be of a result that another flow has made afresh since, with another content."""
    first = run()
    for record in (tmp_path / "records").iterdir():
        record.write_text(record.read_text().replace(first.artifacts[0].digest, "0" * 64))
    assert run().artifacts == first.artifacts


@pytest.mark.slow
def test_refreshing_runs_a_stage_again(run: Run) -> None:
    run()
    came = run(refresh=frozenset({"fit"}))
    assert came.names() == ["reused", "rebuilt"]
    assert came.ran == ["fit"]
    assert came.why("fit") == "asked for by --refresh"
    assert run().names() == ["reused", "reused"]


@stage(libraries=[])
def spectrograms(draft: Draft, _store: Store, number: int) -> None:
    """Notes how many earlier results it might have taken over."""
    draft.note = f"{number}: {len(draft.earlier)} earlier"


@flow
def thrice(store: Store) -> list[str]:
    told = []
    for number, refresh in ((1, []), (2, []), (2, ["spectrograms"])):
        with Stages.on(store, refresh) as stages:
            stages.run(spectrograms, number=number)
            told.append(stages.outcomes["spectrograms"].why)
    return told


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_refreshing_takes_nothing_over_from_earlier_results(tmp_path: Path) -> None:
    assert thrice(Store(tmp_path)) == [
        "first run; 1: 0 earlier",
        "number 1 -> 2; 2: 1 earlier",
        "asked for by --refresh; 2: 0 earlier",
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_of_two_flows_at_once_one_makes_a_stage_and_the_other_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = threading.Semaphore(0)
    why_missing = Store.why_missing
    ran: list[str] = []

    def note_look_up(store: Store, recipe: Recipe) -> str:
        looked_up.release()
        return why_missing(store, recipe)

    def wait_until_both_looked_it_up(name: str) -> None:
        ran.append(name)
        assert all(looked_up.acquire(timeout=60) for _ in range(2))

    @flow
    def one_stage() -> Outcome:
        with Stages.on(Store(tmp_path)) as stages:
            stages.run(ingest, training=TrainingConfig(), on_epoch=wait_until_both_looked_it_up)
        return stages.outcomes["ingest"]

    monkeypatch.setattr(Store, "why_missing", note_look_up)
    with ThreadPoolExecutor() as pool:
        # Each in a copy of this context, which says where the server is.
        flows = [pool.submit(copy_context().run, one_stage) for _ in range(2)]
        outcomes = [one.result() for one in flows]
    assert ran == ["ingest"]
    assert sorted((one.outcome, one.why) for one in outcomes) == [
        ("rebuilt", "first run; 1 number"),
        ("reused", "another flow had just made it"),
    ]


def test_a_flow_holds_a_lease_while_it_works_on_the_store(tmp_path: Path) -> None:
    with Stages.on(Store(tmp_path), ["fit"]) as stages:
        [lease] = (tmp_path / "leases").iterdir()
        assert is_held(lease)
        assert stages.refresh == {"fit"}
    assert not lease.exists()


@pytest.mark.slow
def test_a_moved_store_is_still_reused(prefect_server: str, tmp_path: Path) -> None:  # noqa: ARG001
    first = two_stages(Store(tmp_path / "old"), TrainingConfig(), 2.0, frozenset())
    store = Store((tmp_path / "old").rename(tmp_path / "new"))
    second = two_stages(store, TrainingConfig(), 2.0, frozenset())
    assert second.artifacts == first.artifacts
    assert second.states() == {"ingest": "Cached", "fit": "Cached"}


@pytest.mark.slow
def test_a_failing_stage_leaves_nothing_and_what_came_before_is_kept(run: Run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="factor=-1"):
        run(factor=-1.0)
    assert not list((tmp_path / "drafts").iterdir())
    assert not (tmp_path / "results" / "fit").exists()
    came = run()
    assert came.names() == ["reused", "rebuilt"]
    assert came.why("fit") == "first run"


class Said(BaseModel):
    outcome: OutcomeName
    why: str


@task(cache_policy=NO_CACHE)
def register(outcome: OutcomeName) -> Said:
    return Said(outcome=outcome, why="because")


@flow
def followed(store: Store) -> dict[str, Outcome]:
    stages = Stages(store)
    stages.follow(register, outcome="skipped")
    stages.run(ingest, training=TrainingConfig(), on_epoch=print)
    return stages.outcomes


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_tasks_that_know_their_outcome_are_noted_and_told_in_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    account = logging.getLogger("prefect.flow_runs.account")
    account.addHandler(caplog.handler)
    try:
        outcomes = followed(Store(tmp_path))
    finally:
        account.removeHandler(caplog.handler)
    assert list(outcomes) == ["register", "ingest"]
    assert (outcomes["register"].outcome, outcomes["register"].why) == ("skipped", "because")
    told = [" ".join(record.getMessage().split()) for record in caplog.records if record.name == account.name]
    assert told[0].startswith("register skipped 0.")
    assert told[0].endswith("s because")


def test_a_recipe_names_settings_contents_code_and_versions() -> None:
    recipe = fit.recipe({"numbers": Artifact(kind="k", path="p", digest="d1"), "factor": 1.5})
    assert recipe.inputs == {"numbers.digest": "d1", "factor": 1.5}
    elsewhere = fit.recipe({"numbers": Artifact(kind="k", path="elsewhere", digest="d1"), "factor": 1.5})
    assert elsewhere == recipe
    settings = recipe_of_ingest().inputs
    assert "training.learning_rate" in settings
    assert "training.seed" not in settings
    assert set(recipe_of_ingest().versions) == {"numpy"}


def test_a_callable_only_listens() -> None:
    inputs = {"training": TrainingConfig()}
    assert ingest.recipe({**inputs, "on_epoch": print}) == ingest.recipe({**inputs, "on_epoch": [].append})


@pytest.mark.parametrize("value", [["a", "list"], {"a": 1}, object(), Path("clips"), b"bytes"])
def test_an_input_that_cannot_be_fingerprinted_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=f"'mine' of a stage is a {type(value).__name__}"):
        fit.recipe({"mine": value})


def test_only_the_named_settings_are_ignored() -> None:
    class Settings(BaseModel):
        split: str = "speaker"
        split_seed: int = 0

    only_split = Stage(write=ingest.write, libraries=(), chosen=lambda _: (), ignored=("data.split",))
    assert only_split.recipe({"data": Settings()}).inputs == {"data.split_seed": 0}
    all_of_it = Stage(write=ingest.write, libraries=(), chosen=lambda _: (), ignored=("data",))
    assert all_of_it.recipe({"data": Settings()}).inputs == {}


def test_the_modules_that_inputs_choose_are_part_of_the_code() -> None:
    chosen = Stage(ingest.write, (), lambda inputs: [f"soundcheck.models.{inputs['name']}"], ())
    codes = {name: chosen.recipe({"name": name}).code for name in ("tc_resnet8", "reference_cnn")}
    assert codes["tc_resnet8"] != codes["reference_cnn"]
