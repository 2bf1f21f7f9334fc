"""Stages: Prefect tasks whose results stand in the store under a recipe of everything that decides them.

Prefect's own policies each serve something stale or nothing: `TASK_SOURCE` does not see a changed helper,
`INPUTS` hashes a path and not the bytes behind it, the default does not cache across runs, and a hit may
point at a file that is gone. Here the recipe decides, and the store is verified before Prefect is asked.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, cast, runtime_checkable

from prefect import Task, get_run_logger
from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from prefect.logging.loggers import PrefectLogAdapter
from pydantic import BaseModel

from soundcheck.artifacts import Artifact, Recipe, Scalar
from soundcheck.config import flatten
from soundcheck.fingerprint import code_of
from soundcheck.store import Draft, Store

ACCOUNT = "account"  # the child of the flow run's logger that speaks of the stages
OutcomeName = Literal["reused", "rebuilt", "skipped"]
Modules = Callable[[Mapping[str, Any]], Iterable[str]]
Particular = Callable[[Mapping[str, Any]], str]


class Outcome(BaseModel):
    """What became of a stage, and why."""

    outcome: OutcomeName
    why: str
    seconds: float


class Report(Protocol):
    """What a task that knows its own outcome returns."""

    @property
    def outcome(self) -> OutcomeName: ...
    @property
    def why(self) -> str: ...


Reported = TypeVar("Reported", bound=Report)


def _the_only_one(_inputs: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True)
class Stage:
    """A step of the workflow whose result is kept.

    `write(draft, store, **inputs)` fills a draft of the result; `chosen` names the modules that the inputs
    choose by name; `libraries` the distributions whose version decides the result; `ignored` the settings
    that do not (where the clips come from counts by their content); `particular` says which one this is, of
    a stage that a flow runs several times.
    """

    write: Callable[..., None]
    libraries: tuple[str, ...]
    chosen: Modules
    ignored: tuple[str, ...]
    particular: Particular = _the_only_one

    @property
    def name(self) -> str:
        """The stage's name, everywhere."""
        return self.write.__name__

    def title(self, inputs: Mapping[str, Any]) -> str:
        """The name, and which one it is for these inputs: what a flow's outcomes are told apart by."""
        return f"{self.name} {self.particular(inputs)}".rstrip()

    def recipe(self, inputs: Mapping[str, Any]) -> Recipe:
        """Everything that decides the result for these inputs."""
        settings = {key: value for name, given in inputs.items() for key, value in _settings(name, given)}
        return Recipe(
            stage=self.name,
            inputs={key: value for key, value in settings.items() if not self._ignores(key)},
            code=code_of([self.write.__module__, *self.chosen(inputs)]),
            versions={name: version(name) for name in self.libraries},
        )

    def _ignores(self, key: str) -> bool:
        return any(key == name or key.startswith(f"{name}.") for name in self.ignored)


def stage(
    *,
    libraries: Iterable[str],
    chosen: Modules = lambda _inputs: (),
    ignored: Iterable[str] = (),
    particular: Particular = _the_only_one,
) -> Callable[[Callable[..., None]], Stage]:
    """Makes a stage of a function `write(draft, store, **inputs)`; its name is the stage's."""

    def decorate(write: Callable[..., None]) -> Stage:
        return Stage(
            write=write,
            libraries=tuple(libraries),
            chosen=chosen,
            ignored=tuple(ignored),
            particular=particular,
        )

    return decorate


class NotMadeError(Exception):
    """A stage whose result is not in the store."""


@dataclass
class Stages:
    """The stages of one flow run: each is run as a Prefect task, and its outcome noted."""

    store: Store
    refresh: frozenset[str] = frozenset()
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    artifacts: dict[str, Artifact] = field(default_factory=dict[str, Artifact])
    used: set[str] = field(default_factory=set[str])

    @classmethod
    @contextmanager
    def on(cls, store: Store, refresh: Iterable[str] = ()) -> Generator[Stages]:
        """The stages of a flow that works on a store; what it uses there is not pruned while it works."""
        with store.lease():
            yield cls(store, frozenset(refresh))

    def paths(self, *coming: Recipe) -> list[str]:
        """Where in the store the results so far stand, and where those that come next will."""
        return [*(artifact.path for artifact in self.artifacts.values()), *(recipe.path for recipe in coming)]

    def run(self, stage: Stage, **inputs: Any) -> Artifact:
        """The stage's result: reused where the store holds it whole, else made."""
        started = time.monotonic()
        recipe, title = stage.recipe(inputs), stage.title(inputs)
        found, why = self._look_up(recipe)
        made = _Made()
        task = _task_of(stage, title, self.store, made, afresh=stage.name in self.refresh)
        performed = task(recipe=recipe, store=self.store, inputs=inputs)
        inventory = self.store.inventory(performed)
        # Not what Prefect says: its record may be older than the result.
        artifact = self.artifacts[stage.name] = inventory.artifact
        self.used.add(artifact.path)
        if made.here:
            note = inventory.note
            self._note(title, "rebuilt", f"{why}; {note}" if note else why, started)
        else:
            self._note(title, "reused", why if found else "another flow had just made it", started)
        return artifact

    def recall(self, stage: Stage, **inputs: Any) -> Artifact:
        """The stage's result where the store holds it whole; nothing is made.

        Raises:
            NotMadeError: the store does not hold it.
        """
        found = self.store.find(stage.recipe(inputs))
        if found is None:
            raise NotMadeError(stage.name)
        self.artifacts[stage.name] = found
        self.used.add(found.path)
        return found

    def follow(self, task: Task[..., Reported], **inputs: Any) -> Reported:
        """Runs a task that is never cached and knows itself what became of it."""
        started = time.monotonic()
        report = task(**inputs)
        self._note(task.name, report.outcome, report.why, started)
        return report

    def _note(self, name: str, outcome: OutcomeName, why: str, started: float) -> None:
        """Keeps the outcome of a stage and logs it where the run's readers look."""
        seconds = time.monotonic() - started
        if name not in self.outcomes or outcome == "rebuilt":  # what was made may serve once more
            self.outcomes[name] = Outcome(outcome=outcome, why=why, seconds=round(seconds, 2))
        account = cast("PrefectLogAdapter", get_run_logger()).getChild(ACCOUNT)
        account.info("%-21s  %-7s %6.1f s  %s", name, outcome, seconds, why)

    def _look_up(self, recipe: Recipe) -> tuple[Artifact | None, str]:
        """The stored result, if it is whole, and why it counts or not.

        Where it does not, Prefect's record of it is dropped, so that Prefect cannot speak for what is gone.
        """
        record = _records(self.store) / recipe.key
        if recipe.stage in self.refresh:
            record.unlink(missing_ok=True)
            return None, "asked for by --refresh"
        found = self.store.find(recipe)
        if found is not None:
            return found, "nothing that decides it changed"
        made_before = record.exists()
        record.unlink(missing_ok=True)
        if made_before and not self.store.holds(recipe):
            return None, "its stored result was removed"
        return None, self.store.why_missing(recipe)


@dataclass
class _Made:
    """Whether a task did its work here, rather than find it done."""

    here: bool = False


class RecipeKey(CachePolicy):
    """Prefect's cache policy of a stage: its key is the recipe's."""

    def compute_key(
        self,
        task_ctx: TaskRunContext,  # noqa: ARG002 (Prefect's signature)
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],  # noqa: ARG002 (Prefect's signature)
        **kwargs: Any,  # noqa: ARG002 (Prefect's signature)
    ) -> str:
        """The key of the recipe that is among the task's inputs."""
        return cast("Recipe", inputs["recipe"]).key


def _task_of(stage: Stage, title: str, store: Store, made: _Made, *, afresh: bool) -> Task[..., Artifact]:
    def perform(recipe: Recipe, store: Store, inputs: dict[str, Any]) -> Artifact:
        def write(draft: Draft) -> None:
            made.here = True
            stage.write(draft, store, **inputs)

        return store.make(recipe, write, afresh=afresh)

    return Task(
        perform,
        name=stage.name,
        task_run_name=title,
        description=inspect.getdoc(stage.write),
        cache_policy=RecipeKey(),
        persist_result=True,
        result_storage=_records(store),
        result_serializer="json",
    )


def _records(store: Store) -> Path:
    """Where Prefect keeps its records of results; each holds only an Artifact."""
    return store.root / "records"


@runtime_checkable
class _Content(Protocol):
    @property
    def digest(self) -> str: ...


def _settings(name: str, given: object) -> list[tuple[str, Scalar]]:
    """An input as it enters a recipe; a callable listens to the work and decides nothing."""
    if callable(given):
        return []
    if isinstance(given, _Content):
        return [(f"{name}.digest", given.digest)]
    if isinstance(given, BaseModel):
        return list(flatten(given, f"{name}.").items())
    if isinstance(given, Scalar):
        return [(name, given)]
    raise TypeError(f"input {name!r} of a stage is a {type(given).__name__}; pass a setting or an artifact")


__all__ = ["Draft", "NotMadeError", "Outcome", "Stage", "Stages", "stage"]
