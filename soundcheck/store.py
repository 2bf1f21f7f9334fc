"""The store: each stage's result once, under the key of its recipe, whole or not at all.

    <root>/results/<stage>/<key>/   a result: its files and `inventory.json` (sizes, SHA-256, provenance)
    <root>/parts/<2 hex>/<digest>   big parts, once under their content digest, shared by results
    <root>/drafts/<stage>-<key>/    a result that is being written
    <root>/locks/<key>              held by whoever makes that result
    <root>/leases/<number>          held by each flow that uses the store, as long as it runs
    <root>/trash/                   what is being removed (`soundcheck.pruning`)

A result is written to a draft and renamed, so nobody ever sees half of it; and it is verified whenever it
is looked up, so that what was deleted, truncated or altered since is rebuilt and never served. Whatever is
looked up is touched: an inventory's and a part's modification time say when they were last used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from soundcheck.artifacts import Artifact, Recipe, digest_of
from soundcheck.errors import StoreError
from soundcheck.files import (
    disk_errors,
    exclusive,
    holds_content,
    is_damage,
    remove,
    sha256_of,
    shared,
    write_atomically,
)

INVENTORY = "inventory.json"


def home_path() -> Path:
    """Where Soundcheck keeps everything: `SOUNDCHECK_HOME`, else `.soundcheck` in the working directory."""
    return Path(os.environ.get("SOUNDCHECK_HOME") or ".soundcheck").resolve()


def home_folder() -> Path:
    """The folder of `home_path`, which is made where there is none.

    Raises:
        StoreError: it is no folder and cannot be made one.
    """
    home = home_path()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"SOUNDCHECK_HOME={home} cannot be used as a folder: {error.strerror}") from error
    return home


class StoredFile(BaseModel):
    """What a file of a result must be."""

    model_config = ConfigDict(frozen=True)

    bytes: int
    sha256: str


class Inventory(BaseModel):
    """What a result consists of and how it came about."""

    model_config = ConfigDict(frozen=True)

    artifact: Artifact
    recipe: Recipe
    files: dict[str, StoredFile]
    parts: list[str]
    note: str
    seconds: float
    created: str
    seal: str = ""

    def sealed(self) -> Inventory:
        """The same with its `seal`: the digest of all else, so that a damaged inventory is told as well."""
        return self.model_copy(update={"seal": digest_of(self.model_dump(exclude={"seal"}))})


@dataclass
class Draft:
    """A result while it is written.

    The stage writes files into `folder`, names the parts it refers to, may give a `digest` of the
    canonical content where the files' bytes are not canonical (a `.keras` file holds dates), and a
    `note` for people on what had to be done. `earlier` are the stage's results so far, the latest first,
    whose content it may take over; none where it shall start from nothing.
    """

    folder: Path
    recipe: Recipe
    earlier: tuple[Inventory, ...] = ()
    digest: str = ""
    note: str = ""
    parts: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Parts:
    """Content-addressed parts; fulfils `soundcheck.features.index.Parts`."""

    root: Path

    def add(self, data: bytes) -> str:
        """Stores a part under its content digest (hex SHA-256), which is returned."""
        digest = hashlib.sha256(data).hexdigest()
        if not self.has(digest):
            write_atomically(self.path(digest), data)
        return digest

    def has(self, digest: str) -> bool:
        """Whether the part is there with the content that its name promises; asking counts as use."""
        path = self.path(digest)
        _touch(self.root, path)
        return holds_content(path, digest)

    def path(self, digest: str) -> Path:
        """Where the part of this digest stands."""
        return self.root / "parts" / digest[:2] / digest


@dataclass(frozen=True)
class Store:
    """Results by recipe, below `root`."""

    root: Path

    @property
    def parts(self) -> Parts:
        """The big parts that results share."""
        return Parts(self.root)

    def path(self, artifact: Artifact) -> Path:
        """The folder that holds an artifact's files."""
        return self.root / artifact.path

    def file(self, artifact: Artifact, name: str) -> Artifact:
        """A file of an artifact as an artifact of its own, for a stage that only depends on that file."""
        path = f"{artifact.path}/{name}"
        return Artifact(kind=Path(name).stem, path=path, digest=sha256_of(self.root / path))

    @contextmanager
    def lease(self) -> Generator[None]:
        """While it lasts, nothing is pruned that was used since it began; it ends with its holder's life."""
        path = self.root / "leases" / uuid.uuid4().hex
        with exclusive(path):
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def find(self, recipe: Recipe) -> Artifact | None:
        """The verified result of a recipe, or None where none is whole; asking counts as use."""
        folder = self._folder(recipe)
        _touch(self.root, folder / INVENTORY)
        inventory = read_inventory(folder)
        if inventory is None or inventory.recipe != recipe or not self._is_whole(inventory):
            return None
        return inventory.artifact

    def inventory(self, artifact: Artifact) -> Inventory:
        """The inventory of an artifact.

        Raises:
            StoreError: the artifact is gone.
        """
        inventory = read_inventory(self.path(artifact))
        if inventory is None:
            raise StoreError(f"{artifact.kind} is gone from the store at {self.path(artifact)}; run again")
        return inventory

    def holds(self, recipe: Recipe) -> bool:
        """Whether there is anything under a recipe's key, whole or not."""
        return self._folder(recipe).exists()

    def why_missing(self, recipe: Recipe) -> str:
        """Why a recipe has no result that could be reused, in words: what changed since the nearest one."""
        if self.holds(recipe):
            return "its stored result was incomplete or altered"
        earlier = self.inventories(recipe.stage)
        if not earlier:
            return "first run"
        # The nearest earlier result explains best; of equally near ones, the latest.
        return ", ".join(min((recipe.changes_since(one.recipe) for one in earlier), key=len))

    def inventories(self, stage: str = "*") -> list[Inventory]:
        """Of all results of a stage, or of all stages, the latest first."""
        folders = (self.root / "results").glob(f"{stage}/*")
        found = [one for one in map(read_inventory, folders) if one is not None]
        return sorted(found, key=lambda one: one.created, reverse=True)

    def make(self, recipe: Recipe, write: Callable[[Draft], None], *, afresh: bool = False) -> Artifact:
        """The result of a recipe: `write` fills a draft of it, unless another process has just made it.

        Whoever comes second waits for the first; the system frees the lock when its holder dies. A result
        that is there stays until the new one is complete.

        Args:
            recipe: What is to be made.
            write: Writes the result into the draft's folder.
            afresh: Whether it is made though it is there, and without taking over earlier results.

        Raises:
            StoreError: the disk is full or may not be written; nothing half-written is left behind.
        """
        with exclusive(self.root / "locks" / recipe.key):
            found = None if afresh else self.find(recipe)
            return found or self._made(recipe, write, afresh=afresh)

    def _made(self, recipe: Recipe, write: Callable[[Draft], None], *, afresh: bool) -> Artifact:
        started = time.monotonic()
        earlier = () if afresh else tuple(self.inventories(recipe.stage))
        folder = self.root / "drafts" / f"{recipe.stage}-{recipe.key}"
        with disk_errors(self.root):
            remove(folder)  # of a process that was killed while it held the lock
            folder.mkdir(parents=True)
            try:
                draft = Draft(folder=folder, recipe=recipe, earlier=earlier)
                write(draft)
                return self._commit(draft, seconds=time.monotonic() - started)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def _commit(self, draft: Draft, seconds: float) -> Artifact:
        files = _files_below(draft.folder)
        if INVENTORY in files:
            raise ValueError(f"stage {draft.recipe.stage} writes {INVENTORY}, which is the store's own")
        target = self._folder(draft.recipe)
        content = {"files": {name: one.sha256 for name, one in files.items()}, "parts": draft.parts}
        artifact = Artifact(
            kind=draft.recipe.stage,
            path=draft.recipe.path,
            digest=draft.digest or digest_of(content),
        )
        inventory = Inventory(
            artifact=artifact,
            recipe=draft.recipe,
            files=files,
            parts=draft.parts,
            note=draft.note,
            seconds=round(seconds, 3),
            created=datetime.now(UTC).isoformat(),
        ).sealed()
        (draft.folder / INVENTORY).write_text(inventory.model_dump_json(indent=1), encoding="utf-8")
        self._put(draft.folder, target)
        return artifact

    def _put(self, folder: Path, target: Path) -> None:
        """Moves a draft to its place, and what stood there out of the way, which would be slow to remove."""
        replaced = folder.with_name(f"replaced-{folder.name}")
        remove(replaced)
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            target.rename(replaced)
        folder.rename(target)
        remove(replaced)

    def _folder(self, recipe: Recipe) -> Path:
        return self.root / recipe.path

    def take(self, inventory: Inventory, name: str) -> Path | None:
        """A file of a result that was listed, which is in use from now on; None where it is not whole."""
        folder = self.path(inventory.artifact)
        _touch(self.root, folder / INVENTORY)
        return folder / name if self.has_whole(inventory, name) else None

    def has_whole(self, inventory: Inventory, name: str) -> bool:
        """Whether a file of a result is there as it was written."""
        return holds_content(self.path(inventory.artifact) / name, inventory.files[name].sha256)

    def _is_whole(self, inventory: Inventory) -> bool:
        return all(self.has_whole(inventory, name) for name in inventory.files) and all(
            self.parts.has(digest) for digest in inventory.parts
        )


def removal_lock(root: Path) -> Path:
    """Held by whoever removes from a store; shared by those who note that they use something of it."""
    return root / "locks" / "removal"


def read_inventory(folder: Path) -> Inventory | None:
    """The inventory of a result's folder; None where it is missing or damaged."""
    try:
        inventory = Inventory.model_validate_json((folder / INVENTORY).read_bytes())
    except ValidationError:
        return None
    except OSError as error:
        if is_damage(error):
            return None
        raise
    return inventory if inventory == inventory.sealed() else None


def _touch(root: Path, path: Path) -> None:
    """Notes that a file is in use, if it is there."""
    with shared(removal_lock(root)), suppress(OSError):
        os.utime(path)


def _files_below(folder: Path) -> dict[str, StoredFile]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): StoredFile(bytes=path.stat().st_size, sha256=sha256_of(path))
        for path in files
    }
