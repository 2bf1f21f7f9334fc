"""The store: each stage's result once, under the key of its recipe, whole or not at all.

    <root>/results/<stage>/<key>/   a result: its files and `inventory.json` (sizes, SHA-256, provenance)
    <root>/parts/<2 hex>/<digest>   big parts, once under their content digest, shared by results
    <root>/part_keys/<key>          the digest of the part that was made under a key
    <root>/locks/, <root>/drafts/   work in progress

A result is written to a draft and renamed, so nobody ever sees half of it; and it is verified whenever it
is looked up, so that what was deleted, truncated or altered since is rebuilt and never served.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from soundcheck.artifacts import Artifact, Recipe, digest_of
from soundcheck.errors import StoreError

INVENTORY = "inventory.json"


def home_folder() -> Path:
    """Where Soundcheck keeps everything: `SOUNDCHECK_HOME`, else `.soundcheck` in the working directory.

    Raises:
        StoreError: it is no folder and cannot be made one.
    """
    home = Path(os.environ.get("SOUNDCHECK_HOME") or ".soundcheck").resolve()
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
    `note` for people on what had to be done.
    """

    folder: Path
    recipe: Recipe
    digest: str = ""
    note: str = ""
    parts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Parts:
    """Content-addressed parts; fulfils `soundcheck.features.index.Parts`."""

    root: Path

    def find(self, key: str) -> str | None:
        """Digest of the part that was made under `key`, where it is there and whole; else None."""
        try:
            digest = (self.root / "part_keys" / key).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None
        return digest if self.is_whole(digest) else None

    def add(self, key: str, data: bytes) -> str:
        """Stores a part under its content digest (hex SHA-256), which is returned, and remembers its key."""
        digest = hashlib.sha256(data).hexdigest()
        if not self.is_whole(digest):
            write_atomically(self.path(digest), data)
        write_atomically(self.root / "part_keys" / key, digest.encode())
        return digest

    def path(self, digest: str) -> Path:
        """Where the part of this digest stands."""
        return self.root / "parts" / digest[:2] / digest

    def is_whole(self, digest: str) -> bool:
        """Whether the part is there with the content that its name promises."""
        try:
            return len(digest) == hashlib.sha256().digest_size * 2 and sha256_of(self.path(digest)) == digest
        except (OSError, ValueError):  # the latter for a name with null bytes, which a crash may leave
            return False


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

    def find(self, recipe: Recipe) -> Artifact | None:
        """The verified result of a recipe, or None where there is none that is whole."""
        inventory = self._inventory(self._folder(recipe))
        if inventory is None or inventory.recipe != recipe or not self._is_whole(inventory):
            return None
        return inventory.artifact

    def inventory(self, artifact: Artifact) -> Inventory:
        """The inventory of an artifact.

        Raises:
            StoreError: the artifact is gone.
        """
        inventory = self._inventory(self.path(artifact))
        if inventory is None:
            raise StoreError(f"{artifact.kind} is gone from the store at {self.path(artifact)}; run again")
        return inventory

    def discard(self, recipe: Recipe) -> None:
        """Removes a recipe's result, whole or not."""
        with disk_errors(self.root):
            _remove(self._folder(recipe))

    def why_missing(self, recipe: Recipe) -> str:
        """Why a recipe has no result that could be reused, in words: what changed since the nearest one."""
        if self._folder(recipe).exists():
            return "its stored result was incomplete or altered"
        earlier = self._inventories(recipe.stage)
        if not earlier:
            return "first run"
        # The nearest earlier result explains best; of equally near ones, the latest.
        changes, _ = min(
            ((recipe.changes_since(one.recipe), one.created) for one in reversed(earlier)),
            key=lambda candidate: len(candidate[0]),
        )
        return ", ".join(changes) or "its stored result was removed"

    def make(self, recipe: Recipe, write: Callable[[Draft], None]) -> Artifact:
        """The result of a recipe: `write` fills a draft of it, unless another process has just made it.

        Whoever comes second waits for the first; the system frees the lock when its holder dies.

        Raises:
            StoreError: the disk is full or may not be written; nothing half-written is left behind.
        """
        with exclusive(self.root / "locks" / recipe.key):
            return self.find(recipe) or self._made(recipe, write)

    def _made(self, recipe: Recipe, write: Callable[[Draft], None]) -> Artifact:
        started = time.monotonic()
        with disk_errors(self.root):
            drafts = self.root / "drafts"
            drafts.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=f"{recipe.stage}-", dir=drafts))
            try:
                draft = Draft(folder=folder, recipe=recipe)
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
            path=target.relative_to(self.root).as_posix(),
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
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(target)
        draft.folder.rename(target)
        return artifact

    def _folder(self, recipe: Recipe) -> Path:
        return self.root / "results" / recipe.stage / recipe.key

    def _inventories(self, stage: str) -> list[Inventory]:
        """Of all results of a stage, the oldest first."""
        folders = (self.root / "results" / stage).glob("*")
        found = [one for one in map(self._inventory, folders) if one is not None]
        return sorted(found, key=lambda one: one.created)

    @staticmethod
    def _inventory(folder: Path) -> Inventory | None:
        try:
            inventory = Inventory.model_validate_json((folder / INVENTORY).read_bytes())
        except (OSError, ValidationError):
            return None
        return inventory if inventory == inventory.sealed() else None

    def _is_whole(self, inventory: Inventory) -> bool:
        folder = self.path(inventory.artifact)
        try:
            if any(sha256_of(folder / name) != one.sha256 for name, one in inventory.files.items()):
                return False
        except OSError:
            return False
        return all(self.parts.is_whole(digest) for digest in inventory.parts)


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Holds a lock file against other processes of this machine; the system frees it when its holder dies.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("wb")
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            if path.is_dir():  # a damage that cannot be written over
                shutil.rmtree(path)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _files_below(folder: Path) -> dict[str, StoredFile]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): StoredFile(bytes=path.stat().st_size, sha256=sha256_of(path))
        for path in files
    }


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def disk_errors(place: Path) -> Generator[None]:
    """Turns the errors of a full or closed disk at `place` into one that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(
                f"the disk is full: {place}; free some space and run again, nothing is lost"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and _concerns(error, place):
            raise StoreError(f"{place} may not be written ({error.strerror}); set SOUNDCHECK_HOME") from error
        raise


def _concerns(error: OSError, place: Path) -> bool:
    """Whether an error is about a place or what is above it; a clip elsewhere is not the store's fault."""
    if error.filename is None:
        return True
    path = Path(os.fsdecode(error.filename))
    return path.is_relative_to(place) or place.is_relative_to(path)
