"""Pruning: removes from a store what nobody needs, also while flows work on it.

What is in use is told by its modification time, for whoever uses something touches it first, under a lock
that pruning holds alone while it decides and moves things away (`soundcheck.store.removal_lock`). So a touch
comes before that, and is seen, or after it, when what was moved away is not there and is made again.

Which touches count? A flow holds a lease from before its first touch to after its last word on what its run
needs. A pruning looks at the leases *before* it is told what is needed, and takes one itself: `since_ns` is
the start of the oldest. A flow that was running then has touched what it uses since; one that had ended by
then has said what its run needs; and one that begins later touches later. Whatever was touched at `since_ns`
or later stays: a clock may stand still between two touches, but must not be set back while a flow runs.

What is written without a touch is as safe: a part and a result are looked up, hence touched, by the flow
that is about to write them, a new file's time is that of its writing, and whoever makes a result holds its
recipe's lock.

What is moved away lies in `<root>/trash`, out of everybody's way, until it is deleted; what a killed pruning
has left there goes with the next. Folders that others write into are never removed.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from soundcheck.files import disk_errors, exclusive, is_held, remove, remove_unheld
from soundcheck.holdings import STAGES, Holding, bytes_of, holdings, modified_ns, part_files
from soundcheck.store import Store, removal_lock


class Pruned(BaseModel):
    """What was removed, or would be.

    Attributes:
        results: Paths in the store of the results.
        parts: How many parts went that results had shared.
        leftovers: How many drafts, records and temporary files of what is no more.
        bytes: What all of it took up.
    """

    model_config = ConfigDict(frozen=True)

    results: tuple[str, ...] = ()
    parts: int = 0
    leftovers: int = 0
    bytes: int = 0

    @property
    def stages(self) -> dict[str, int]:
        """How many results of each stage."""
        counts = Counter(path.split("/")[1] for path in self.results)
        return {stage: counts[stage] for stage in sorted(counts, key=[*STAGES, *counts].index)}


@dataclass(frozen=True)
class _Plan:
    """What shall go."""

    results: list[Holding]
    parts: list[Path]
    leftovers: list[Path]

    def paths(self) -> list[Path]:
        # Results first: those that a kill leaves behind still have their parts.
        return [*(one.folder for one in self.results), *self.parts, *self.leftovers]

    def in_words(self) -> Pruned:
        return Pruned(
            results=tuple(one.path for one in self.results),
            parts=len(self.parts),
            leftovers=len(self.leftovers),
            bytes=sum(map(bytes_of, self.paths())),
        )


@dataclass(frozen=True)
class Pruning:
    """A pruning that has begun: what was used at `since_ns` (nanoseconds since 1970) or later stays."""

    store: Store
    since_ns: int

    @classmethod
    @contextmanager
    def begin(cls, store: Store) -> Generator[Pruning]:
        """To be begun before it is found out what is needed; two prunings of a store take turns.

        Raises:
            StoreError: the disk is full or may not be written.
        """
        with exclusive(store.root / "locks" / "prune"), store.lease():
            yield cls(store, _start_of_oldest_lease(store.root))

    def keep_only(self, needed: Collection[str], *, dry_run: bool = False) -> Pruned:
        """Removes all that is neither needed nor in use.

        Args:
            needed: Paths in the store of the results that stay, and with them the parts they refer to.
            dry_run: Whether to remove nothing, and only to tell.

        Raises:
            StoreError: the store may not be written.
        """
        root = self.store.root
        with disk_errors(root):
            with exclusive(removal_lock(root)):
                plan = self._plan(needed)
                pruned = plan.in_words()
                if not dry_run:
                    _move(plan.paths(), root / "trash")
                    _remove_unheld([*(root / "locks").iterdir(), *(root / "leases").iterdir()])
            if not dry_run:
                remove(root / "trash")
        return pruned

    def _plan(self, needed: Collection[str]) -> _Plan:
        # Listed before the results, for each is written after its result.
        records = list((self.store.root / "records").glob("*"))
        there = holdings(self.store)
        going = [one for one in there if one.path not in needed and not self._is_in_use(one)]
        gone = {one.path for one in going}
        staying = [one for one in there if one.path not in gone]
        referred = {part for one in staying if one.inventory for part in one.inventory.parts}
        parts = [
            path for path in part_files(self.store) if path.name not in referred and self._is_unused(path)
        ]
        kept_keys = {one.key for one in staying}
        orphans = [record for record in records if record.name not in kept_keys]
        return _Plan(going, parts, [*orphans, *self._drafts(), *self._temporary_files(), *self._trash()])

    def _is_in_use(self, result: Holding) -> bool:
        return result.used_ns >= self.since_ns or self._is_being_made(result.key)

    def _is_being_made(self, key: str) -> bool:
        return is_held(self.store.root / "locks" / key)

    def _is_unused(self, path: Path) -> bool:
        return modified_ns(path) < self.since_ns

    def _drafts(self) -> list[Path]:
        """Of makers that were killed."""
        drafts = (self.store.root / "drafts").glob("*")
        return [draft for draft in drafts if not self._is_being_made(draft.name.rpartition("-")[2])]

    def _temporary_files(self) -> list[Path]:
        """Of writers that were killed."""
        root = self.store.root
        written = [*(root / "parts").glob("*/.*"), *(root / "runs").glob(".*")]
        return [path for path in written if self._is_unused(path)]

    def _trash(self) -> list[Path]:
        """Of prunings that were killed."""
        return list((self.store.root / "trash").glob("*"))


def _start_of_oldest_lease(root: Path) -> int:
    leases = list((root / "leases").iterdir())
    starts = {lease: modified_ns(lease) for lease in leases}
    # A lease that is gone by now was given back, after its flow's last word.
    return min(starts[lease] for lease in leases if starts[lease] and is_held(lease))


def _move(paths: Iterable[Path], trash: Path) -> None:
    trash.mkdir(exist_ok=True)
    for path in paths:
        with suppress(FileNotFoundError):  # a flow drops the record of what is not whole
            path.rename(trash / uuid.uuid4().hex)


def _remove_unheld(locks: Iterable[Path]) -> None:
    for lock in locks:
        remove_unheld(lock)
