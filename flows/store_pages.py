"""How the store is shown: the list of results, and the page of one with its provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.tree import Tree

from soundcheck.provenance import SOURCE, clips_of, origins_of, settings_of
from soundcheck.pruning import Pruned

if TYPE_CHECKING:
    from soundcheck.holdings import Holding
    from soundcheck.provenance import Clips, Origin
    from soundcheck.store import Inventory, Store
    from tasks.pruning import PrunedRuns
    from tasks.receipts import Receipt

KEY_LENGTH = 12
CLIPS_SHOWN = 3
INGEST = "ingest"
GONE = "gone from the store"
DAMAGED = "damaged"
_UNITS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
_SHORT_UNITS = {"day": "d", "hour": "h", "minute": "min", "second": "s"}


@dataclass(frozen=True)
class Listing:
    """What a store holds."""

    store: Store
    results: Sequence[Holding]
    parts: int
    parts_bytes: int
    runs: int

    @property
    def results_bytes(self) -> int:
        """What all results take up without the shards."""
        return sum(one.bytes for one in self.results)

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "store": str(self.store.root),
            "results": [_result_to_dict(one) for one in self.results],
            "results_bytes": self.results_bytes,
            "shards": self.parts,
            "shards_bytes": self.parts_bytes,
            "runs": self.runs,
        }


@dataclass(frozen=True)
class Page:
    """A result with what it comes from, and the runs that show it; clips by the path of ingest's result."""

    holding: Holding
    inventory: Inventory
    origins: tuple[Origin, ...]
    clips: dict[str, Clips | None]
    runs: Sequence[Receipt]

    @classmethod
    def of(cls, store: Store, holding: Holding, inventory: Inventory, runs: Sequence[Receipt]) -> Page:
        """Follows the result's inputs through the store, and reads the clips where that ends."""
        origins = origins_of(inventory, store.inventories())
        reached = [inventory, *(result for origin in origins for result in origin.results())]
        ingested = {one.artifact.path: one for one in reached if one.recipe.stage == INGEST}
        clips = {path: clips_of(store, one) for path, one in ingested.items()}
        return cls(holding, inventory, origins, clips, runs)

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            **_result_to_dict(self.holding),
            "path": self.holding.path,
            "digest": self.inventory.artifact.digest,
            "settings": settings_of(self.inventory),
            "code": self.inventory.recipe.code,
            "versions": self.inventory.recipe.versions,
            "files": {name: file.bytes for name, file in self.inventory.files.items()},
            "shards": len(self.inventory.parts),
            "inputs": [_origin_to_dict(origin) for origin in self.origins],
            "clips": {path: clips and clips.model_dump(mode="json") for path, clips in self.clips.items()},
            "runs": [
                {name: getattr(run, name) for name in ("run_id", "experiment", "tracking_uri", "used")}
                for run in self.runs
            ],
        }


def print_listing(listing: Listing) -> None:
    """A table of the results, and below it what everything takes up."""
    console = Console(markup=False, highlight=False)
    if not listing.results and not listing.parts:
        console.print(f"nothing in {listing.store.root} yet; soundcheck train fills it", soft_wrap=True)
        return
    table = Table(
        title=str(listing.store.root),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for name in ("stage", "key"):
        table.add_column(name, no_wrap=True)
    for name in ("size", "made", "used"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what it is")
    for one in listing.results:
        made, used = _short_age(one.made), _short_age(one.used)
        note = one.inventory.note if one.inventory else DAMAGED
        table.add_row(one.stage, one.key[:KEY_LENGTH], decimal(one.bytes), made, used, note)
    console.print(table)
    console.print(
        f"{_count(len(listing.results), 'result')} {decimal(listing.results_bytes)}, "
        f"{_count(listing.parts, 'shard')} {decimal(listing.parts_bytes)}; "
        f"shown by {_count(listing.runs, 'run')} of MLflow"
    )


def print_page(page: Page) -> None:
    """All that is known of a result."""
    console = Console(markup=False, highlight=False)
    one, recipe = page.inventory, page.inventory.recipe
    facts = {
        "result": f"{recipe.stage} {page.holding.key}",
        "note": one.note,
        "made": f"{_age(page.holding.made)} ago ({one.created}), in {one.seconds:.1f} s",
        "used": f"{_age(page.holding.used)} ago",
        "digest": one.artifact.digest,
        "code": recipe.code,
        "versions": ", ".join(f"{name} {version}" for name, version in recipe.versions.items()),
        "shards": str(len(one.parts)) if one.parts else "",
    }
    for name, value in facts.items():
        if value:
            console.print(f"{name:9} {value}", soft_wrap=True)
    _print_block(console, "settings", [f"{name}={value}" for name, value in settings_of(one).items()])
    _print_block(console, "files", [f"{decimal(file.bytes):>9}  {name}" for name, file in one.files.items()])
    _print_block(
        console, "runs", [f"{run.run_id} in {run.experiment}, {run.tracking_uri}" for run in page.runs]
    )
    console.print("comes from")
    console.print(_tree(page))


def pruned_in_words(pruned: PrunedRuns) -> list[str]:
    """What a pruning removed, or would remove, and what it left."""
    removed = pruned.removed
    stages = ", ".join(f"{count} {stage}" for stage, count in removed.stages.items())
    counted = [
        _count(len(removed.results), "result") + (f" ({stages})" if stages else ""),
        _count(removed.parts, "shard"),
        _count(removed.leftovers, "leftover file"),
    ]
    what = f"{', '.join(counted)}: {decimal(removed.bytes)}" if removed != Pruned() else "nothing"
    lines = [f"{'would remove' if pruned.dry_run else 'removed'} {what}"]
    for reason, run_ids in pruned.forgotten_runs.items():
        why = "deleted in MLflow" if reason == "deleted" else "not among those used last, and not registered"
        lines.append(f"given up: {_count(len(run_ids), 'run')} {why}")
    lines.append(f"kept: {_count(pruned.kept_runs, 'run')} with all results")
    lines += [f"kept all runs of {uri}, which cannot be asked: {why}" for uri, why in pruned.unasked.items()]
    return lines


def _result_to_dict(holding: Holding) -> dict[str, Any]:
    one = holding.inventory
    return {
        "stage": holding.stage,
        "key": holding.key,
        "bytes": holding.bytes,
        "used": holding.used.isoformat(),
        "created": one and one.created,
        "seconds": one and one.seconds,
        "note": one.note if one else DAMAGED,
        "whole": one is not None,
    }


def _origin_to_dict(origin: Origin) -> dict[str, Any]:
    return {
        "name": origin.name,
        "digest": origin.digest,
        "path": origin.result and origin.result.artifact.path,
        "inputs": [_origin_to_dict(one) for one in origin.origins],
    }


def _tree(page: Page) -> Tree:
    tree = Tree(f"{page.holding.stage} {page.holding.key[:KEY_LENGTH]}")
    _grow(tree, page, page.inventory, page.origins, shown=set())
    return tree


def _grow(branch: Tree, page: Page, result: Inventory, origins: Sequence[Origin], shown: set[str]) -> None:
    """Hangs the inputs of a result below it, and the clips below ingest's; each result's inputs once."""
    shown.add(result.artifact.path)
    for origin in origins:
        leaf = branch.add(_origin_in_words(origin, shown))
        if origin.result is not None and origin.result.artifact.path not in shown:
            _grow(leaf, page, origin.result, origin.origins, shown)
    if result.recipe.stage == INGEST:
        _hang_clips(branch, page.clips[result.artifact.path])


def _origin_in_words(origin: Origin, shown: set[str]) -> str:
    found = origin.result
    if found is None:
        what = "the folder of clips" if origin.name == SOURCE else GONE
        return f"{origin.name} {origin.digest[:KEY_LENGTH]}: {what}"
    stage, key = found.recipe.stage, found.recipe.key[:KEY_LENGTH]
    told = "see above" if found.artifact.path in shown else found.note
    return f"{origin.name}: {stage} {key}, {told}"


def _hang_clips(branch: Tree, clips: Clips | None) -> None:
    if clips is None:
        branch.add(f"clips: their list is {DAMAGED}")
        return
    counts = ", ".join(f"{label} {count}" for label, count in clips.labels.items())
    leaf = branch.add(f"{_count(clips.count, 'clip')}, {clips.set_aside} set aside: {counts}")
    for clip in clips.listed[:CLIPS_SHOWN]:
        leaf.add(f"{clip.path} {clip.digest[:KEY_LENGTH]}")
    if len(clips.listed) > CLIPS_SHOWN:
        leaf.add(f"and {len(clips.listed) - CLIPS_SHOWN} more (--json lists all)")


def _print_block(console: Console, title: str, lines: Sequence[str]) -> None:
    if lines:
        console.print(title)
    for line in lines:
        console.print(f"  {line}", soft_wrap=True)


def _age(then: datetime) -> str:
    """How long ago something was, in the largest unit that fits: `3 days`."""
    seconds = max((datetime.now(UTC) - then).total_seconds(), 0)
    unit = next((unit for unit, length in _UNITS.items() if seconds >= length), "second")
    return _count(int(seconds // _UNITS[unit]), unit)


def _short_age(then: datetime) -> str:
    """The same for a narrow column: `3 d`."""
    number, unit = _age(then).split()
    return f"{number} {_SHORT_UNITS[unit.rstrip('s')]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
