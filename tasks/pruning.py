"""Pruning the store: which runs are kept, and with them the results that they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from soundcheck.errors import StoreError
from soundcheck.pruning import Pruned, Pruning
from soundcheck.store import Store
from tasks.receipts import Receipt, all_receipts, damaged_receipts, drop


class PrunedRuns(BaseModel):
    """What a pruning came to.

    Attributes:
        dry_run: Whether nothing was removed, and what follows only would be.
        removed: What went from the store.
        kept_runs: How many runs keep their results.
        forgotten_runs: The runs whose receipts and results went, by why: `deleted` in MLflow, or `old`.
        unasked: The tracking servers that could not be asked, and why; their runs are kept.
    """

    model_config = ConfigDict(frozen=True)

    dry_run: bool
    removed: Pruned = Pruned()
    kept_runs: int = 0
    forgotten_runs: dict[str, list[str]] = {}
    unasked: dict[str, str] = {}


@dataclass
class _Knowledge:
    """What the tracking servers say of the runs."""

    registered: set[str] = field(default_factory=set[str])
    deleted: set[str] = field(default_factory=set[str])
    unasked: dict[str, str] = field(default_factory=dict[str, str])

    def keeps(self, receipt: Receipt) -> bool:
        """Whether a run is kept however old it is."""
        return receipt.run_id in self.registered or receipt.tracking_uri in self.unasked


def prune_runs(store: Store, keep_runs: int, *, dry_run: bool = False) -> PrunedRuns:
    """Removes from a store what no kept run needs.

    Kept are the runs that flows came by last, those that a version of a registered model comes from, and
    those of a tracking server that cannot be asked; a run that was deleted in MLflow is not, unless it is
    registered. What running flows use stays as well.

    Args:
        store: The store; one that does not exist is not made.
        keep_runs: How many of the runs used last are kept.
        dry_run: Whether to remove nothing, and only to tell.

    Raises:
        StoreError: a receipt is damaged, so that it is unknown what its run needs; or the store may not be
            written.
    """
    if not store.root.is_dir():
        return PrunedRuns(dry_run=dry_run)
    with Pruning.begin(store) as pruning:
        receipts = _whole_receipts(store)
        known = _ask(receipts.values())
        kept = _kept(receipts, known, keep_runs)
        forgotten = {path: one for path, one in receipts.items() if path not in kept}
        if not dry_run:
            for path, receipt in forgotten.items():
                drop(store.root, path, receipt)
        needed = {path for receipt in kept.values() for path in (*receipt.results, *receipt.diagnosed)}
        removed = pruning.keep_only(needed, dry_run=dry_run)
    return PrunedRuns(
        dry_run=dry_run,
        removed=removed,
        kept_runs=len(kept),
        forgotten_runs=_by_reason(forgotten.values(), known),
        unasked=known.unasked,
    )


def _whole_receipts(store: Store) -> dict[Path, Receipt]:
    damaged = damaged_receipts(store.root)
    if damaged:
        raise StoreError(
            f"{damaged[0]} is damaged, so it is unknown which results its run needs; run that training again "
            "to mend it, or delete it"
        )
    return all_receipts(store.root)


def _kept(receipts: Mapping[Path, Receipt], known: _Knowledge, keep_runs: int) -> dict[Path, Receipt]:
    there = [path for path, one in receipts.items() if one.run_id not in known.deleted]
    latest = set(there[:keep_runs])
    return {path: one for path, one in receipts.items() if path in latest or known.keeps(one)}


def _by_reason(forgotten: Iterable[Receipt], known: _Knowledge) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for receipt in forgotten:
        reason = "deleted" if receipt.run_id in known.deleted else "old"
        reasons.setdefault(reason, []).append(receipt.run_id)
    return reasons


def _ask(receipts: Iterable[Receipt]) -> _Knowledge:
    """Asks each tracking server, with its registry, about its runs."""
    known = _Knowledge()
    by_server: dict[tuple[str, str], list[str]] = {}
    for receipt in receipts:
        by_server.setdefault((receipt.tracking_uri, receipt.registry_uri), []).append(receipt.run_id)
    for (uri, registry), run_ids in by_server.items():
        _ask_server(uri, registry, run_ids, known)
    return known


def _ask_server(uri: str, registry: str, run_ids: Iterable[str], known: _Knowledge) -> None:
    from tasks.registry import registered_run_ids
    from tasks.runs import standing_of
    from tasks.tracking_server import TrackingServerError, asking

    try:
        with asking(uri, registry) as client:
            registered = registered_run_ids(client)
            standings = {run_id: standing_of(client, run_id) for run_id in run_ids}
    except TrackingServerError as error:
        known.unasked[uri] = str(error)
        return
    if set(standings.values()) == {"unknown"}:
        known.unasked[uri] = "it knows none of them: another server at this address, or all were purged"
        return
    known.registered.update(registered)
    known.deleted.update(run_id for run_id, standing in standings.items() if standing != "active")
