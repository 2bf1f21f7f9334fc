"""What a report says of where the run comes from: configuration, provenance, how to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from soundcheck.artifacts import TrainStageName
from soundcheck.config import MINI_SPEECH_COMMANDS, SYNTHETIC, flatten
from soundcheck.report.page import Command, Facts, Folded, Link, Section, Table
from soundcheck.report.reproduction import train_command

if TYPE_CHECKING:
    from soundcheck.config import Config
    from soundcheck.store import Inventory
    from tasks.results import Results

COMMIT = "mlflow.source.git.commit"  # of the folder that the user worked in, where that is a repository
UNCOMMITTED = "soundcheck.git.uncommitted_changes"  # set where files of that folder were not as committed
VERSION = "soundcheck.version"  # that wrote the run


def configuration_section(config: Config) -> Section:
    """Every setting."""
    settings = {name: "" if value is None else str(value) for name, value in flatten(config).items()}
    return Section("Configuration", "", (Folded(f"All {len(settings)} settings", (Facts(settings),)),))


@dataclass(frozen=True)
class Origin:
    """The MLflow run that a report belongs to.

    Attributes:
        run_id: MLflow's name of it.
        name: The user's, or one that MLflow made up.
        address: Its page in the MLflow UI.
        tags: Among them the version and the revision of the code.
    """

    run_id: str
    name: str
    address: str
    tags: Mapping[str, str]


def provenance_section(results: Results, origin: Origin) -> Section:
    """The results that the report shows, and what made them."""
    inventories = [results.store.inventory(artifact) for artifact in results.stages.values()]
    facts = {
        "Soundcheck": origin.tags.get(VERSION, "not recorded"),
        "Revision of the working folder": _revision(origin.tags),
        "MLflow run": origin.run_id,
        "Data": str(results.source.root),
        "Digest of the data": results.source.digest,
    }
    return Section(
        title="Provenance",
        lead="",
        blocks=(
            Facts(facts),
            Link("The run in MLflow (while soundcheck ui runs)", origin.address),
            Folded("The stages and their results", (_stages(inventories),)),
            Folded("Libraries that decide the results", (Facts(_libraries(inventories)),)),
        ),
    )


def model_file_section(results: Results, config: Config, name: str) -> Section:
    """Which model file was judged, by which data and features, and the results that the report shows."""
    inventories = [results.store.inventory(artifact) for artifact in results.stages.values()]
    facts = {
        "Soundcheck": version("soundcheck"),
        "Model": name,
        "Digest of its architecture and weights": results.stages["fit"].digest,
        "Data": str(results.source.root),
        "Digest of the data": results.source.digest,
    }
    heard = {
        setting: str(value)
        for setting, value in flatten(config).items()
        if setting.startswith(("data.", "features.")) and value is not None
    }
    return Section(
        title="Provenance",
        lead="",
        blocks=(
            Facts(facts),
            Folded("Settings of the data and the features", (Facts(heard),)),
            Folded("The stages and their results", (_stages(inventories),)),
        ),
    )


def reproduction_section(config: Config, tags: Mapping[str, str]) -> Section:
    """The command that makes the same model again, wherever it is given on the same machine."""
    made_by = tags.get(VERSION, "of the same version")
    return Section(
        title="Run it again",
        lead=f"With Soundcheck {made_by} installed, the same data, settings and libraries give the same "
        "model on the same kind of machine.",
        blocks=(Command(train_command(_with_absolute_paths(config))),),
    )


def _revision(tags: Mapping[str, str]) -> str:
    if COMMIT not in tags:
        return "not in a repository"
    return f"{tags[COMMIT]}{' (with uncommitted changes)' if UNCOMMITTED in tags else ''}"


def _with_absolute_paths(config: Config) -> Config:
    """With the places of the data and of the noise as they are found from any folder."""
    data = config.data
    source = data.source if data.source in (SYNTHETIC, MINI_SPEECH_COMMANDS) else _absolute(data.source)
    places = {"source": source, "noise": data.noise and _absolute(data.noise)}
    return config.model_copy(update={"data": data.model_copy(update=places)})


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().resolve())


def _libraries(inventories: list[Inventory]) -> dict[str, str]:
    """Those of the training. What was asked again since, with others perhaps, comes after `fit`."""
    training = [one.recipe for one in inventories if one.recipe.stage in get_args(TrainStageName)]
    versions = {name: value for one in reversed(training) for name, value in one.versions.items()}
    return dict(sorted(versions.items()))


def _stages(inventories: list[Inventory]) -> Table:
    rows = (
        (one.recipe.stage, one.recipe.key[:12], one.created[:19], f"{one.seconds:.1f}", one.note)
        for one in inventories
    )
    return Table(
        "What each stage made", ("Stage", "Result", "Made (UTC)", "Seconds", "What was done"), tuple(rows)
    )
