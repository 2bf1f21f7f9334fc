"""Holdings: what a store holds now, whole or damaged, how big it is and when it was last used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from soundcheck.artifacts import StageName
from soundcheck.errors import ConfigError
from soundcheck.store import INVENTORY, Inventory, Store, read_inventory

STAGES: tuple[str, ...] = get_args(StageName)
_CANDIDATES_NAMED = 5


@dataclass(frozen=True)
class Holding:
    """A result as it stands in the store.

    Attributes:
        stage: The stage that made it.
        key: Its recipe's key.
        folder: Where it stands.
        inventory: What it consists of and how it came about; None where it is damaged.
        used_ns: When it was last used, in nanoseconds since 1970.
        bytes: What its own files take up, without the parts that it shares.
    """

    stage: str
    key: str
    folder: Path
    inventory: Inventory | None
    used_ns: int
    bytes: int

    @property
    def path(self) -> str:
        """Its path in the store, as an artifact has it."""
        return f"results/{self.stage}/{self.key}"

    @property
    def made(self) -> datetime:
        """When it was made; of a damaged one it is only known when it was last used."""
        return self.used if self.inventory is None else datetime.fromisoformat(self.inventory.created)

    @property
    def used(self) -> datetime:
        """When it was last used."""
        return datetime.fromtimestamp(self.used_ns / 1e9, UTC)


def holdings(store: Store) -> list[Holding]:
    """All results, in order of the stages, the newest first."""
    found = [_holding(folder) for folder in (store.root / "results").glob("*/*")]
    present = [one for one in found if one.used_ns]
    newest_first = sorted(present, key=lambda one: one.made, reverse=True)
    return sorted(newest_first, key=lambda one: _place(one.stage))


def holding_named(store: Store, name: str) -> Holding:
    """The one result whose key, or STAGE/KEY, begins with `name`.

    Raises:
        ConfigError: there is none, or several.
    """
    wanted = name.removeprefix("results/")
    found = [
        one
        for one in holdings(store)
        if f"{one.stage}/{one.key}".startswith(wanted) or one.key.startswith(wanted)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(
            f"no result in {store.root} has a key that begins with {name!r}; see `soundcheck store`"
        )
    candidates = [f"{one.stage}/{one.key[:12]}" for one in found[:_CANDIDATES_NAMED]]
    more = ", ..." if len(found) > len(candidates) else ""
    raise ConfigError(
        f"{len(found)} results have a key that begins with {name!r}: {', '.join(candidates)}{more}; "
        "give more of it"
    )


def part_files(store: Store) -> list[Path]:
    """The files of all parts that results share."""
    return [path for path in (store.root / "parts").glob("*/*") if not path.name.startswith(".")]


def bytes_of(path: Path) -> int:
    """What a file, or all files below a folder, hold; 0 for what has just been removed."""
    return sum(one.st_size for one in map(_stat, _files_of(path)) if one is not None)


def modified_ns(path: Path) -> int:
    """When a file was last modified, in nanoseconds since 1970; 0 where there is none."""
    found = _stat(path)
    return 0 if found is None else found.st_mtime_ns


def _holding(folder: Path) -> Holding:
    return Holding(
        stage=folder.parent.name,
        key=folder.name,
        folder=folder,
        inventory=read_inventory(folder),
        used_ns=modified_ns(folder / INVENTORY) or modified_ns(folder),
        bytes=bytes_of(folder),
    )


def _place(stage: str) -> tuple[int, str]:
    """Where a stage stands among the others; one that is not ours comes last."""
    return (STAGES.index(stage) if stage in STAGES else len(STAGES), stage)


def _files_of(path: Path) -> Iterator[Path]:
    if not path.is_dir() or path.is_symlink():
        yield path
        return
    for folder, _, names in os.walk(path):
        yield from (Path(folder, name) for name in names)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
