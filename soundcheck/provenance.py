"""Provenance: where a result comes from, followed through the store down to the clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from soundcheck.data.manifest import MANIFEST_FILE, SET_ASIDE, read_manifest
from soundcheck.store import Inventory, Store

DIGEST = ".digest"
SOURCE = "source"  # the input of ingest, which is a folder of clips and no result


@dataclass(frozen=True)
class Origin:
    """An input of a result.

    Attributes:
        name: What the stage calls it.
        digest: Its content digest.
        result: The result that has this content, or holds a file of it; None where there is none (any more).
        origins: The inputs of that result.
    """

    name: str
    digest: str
    result: Inventory | None
    origins: tuple[Origin, ...]

    def results(self) -> Iterator[Inventory]:
        """The result and all that it comes from."""
        if self.result is not None:
            yield self.result
        for origin in self.origins:
            yield from origin.results()


def settings_of(inventory: Inventory) -> dict[str, str | int | float | bool | None]:
    """The part of a recipe's inputs that is configuration."""
    inputs = inventory.recipe.inputs
    return {name: value for name, value in inputs.items() if not name.endswith(DIGEST)}


def origins_of(inventory: Inventory, among: Sequence[Inventory]) -> tuple[Origin, ...]:
    """The inputs of a result, traced through the results `among`, which are the latest first."""
    others = [one for one in among if one.artifact != inventory.artifact]
    digests = {name: value for name, value in inventory.recipe.inputs.items() if name.endswith(DIGEST)}
    return tuple(
        _origin(name.removesuffix(DIGEST), str(digest), inventory, others) for name, digest in digests.items()
    )


def _origin(name: str, digest: str, user: Inventory, among: Sequence[Inventory]) -> Origin:
    alike = [one for one in among if _has_content(one, digest)]
    # Any of equal content is as good; the latest that was there then is likely the one.
    there_then = (one for one in alike if one.created <= user.created)
    result = next(there_then, next(iter(alike), None))
    return Origin(name, digest, result, () if result is None else origins_of(result, among))


def _has_content(inventory: Inventory, digest: str) -> bool:
    return digest == inventory.artifact.digest or any(
        digest == file.sha256 for file in inventory.files.values()
    )


class Clip(BaseModel):
    """A clip that ingest listed."""

    model_config = ConfigDict(frozen=True)

    path: str
    digest: str
    label: str
    split: str


class Clips(BaseModel):
    """What ingest listed: usable clips by label, and every clip."""

    model_config = ConfigDict(frozen=True)

    count: int
    set_aside: int
    labels: dict[str, int]
    listed: tuple[Clip, ...]


def clips_of(store: Store, ingested: Inventory) -> Clips | None:
    """The clips of a result of ingest; None where its manifest is not whole any more."""
    if not store.has_whole(ingested, MANIFEST_FILE):
        return None
    table = read_manifest(store.path(ingested.artifact) / MANIFEST_FILE)
    columns = table[["path", "clip_digest", "label", "split"]].to_numpy(dtype=str).tolist()
    clips = [
        Clip(path=path, digest=digest, label=label, split=split) for path, digest, label, split in columns
    ]
    usable = [clip for clip in clips if clip.split != SET_ASIDE]
    labels = Counter(clip.label for clip in usable)
    return Clips(
        count=len(clips),
        set_aside=len(clips) - len(usable),
        labels=dict(sorted(labels.items())),
        listed=tuple(clips),
    )
