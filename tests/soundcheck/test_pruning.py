"""Pruning: what is needed or in use stays whole, all else goes, whatever else happens meanwhile."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundcheck.artifacts import Artifact, Recipe
from soundcheck.files import exclusive, is_held
from soundcheck.holdings import bytes_of
from soundcheck.pruning import Pruned, Pruning
from soundcheck.store import INVENTORY, Draft, Store

REPOSITORY = Path(__file__).resolve().parents[2]

# Each of these is a process of its own; it works on the store of its first argument.
HOLDER = """
import sys, time
from pathlib import Path
from soundcheck.artifacts import Recipe
from soundcheck.store import Store

store = Store(Path(sys.argv[1]))
with store.lease():
    for code in sys.argv[2:]:
        assert store.find(Recipe(stage="fit", inputs={}, code=code, versions={}))
    print("ready", flush=True)
    time.sleep(600)
"""
MAKER = """
import sys, time
from pathlib import Path
from soundcheck.artifacts import Recipe
from soundcheck.store import Store

def write(draft):
    (draft.folder / "file").write_bytes(b"half")
    print("ready", flush=True)
    time.sleep(600)

store = Store(Path(sys.argv[1]))
with store.lease():
    store.make(Recipe(stage="fit", inputs={}, code="made", versions={}), write)
"""
PRUNER = """
import sys, time
from pathlib import Path
import soundcheck.pruning
from soundcheck.store import Store

def wait(path):
    print("ready", flush=True)
    time.sleep(600)

soundcheck.pruning.remove = wait
with soundcheck.pruning.Pruning.begin(Store(Path(sys.argv[1]))) as pruning:
    pruning.keep_only(())
"""
# Finds or makes results that share parts, and reads all of them again before it gives its lease back.
FLOWS = """
import random, sys, time
from pathlib import Path
from soundcheck.artifacts import Recipe
from soundcheck.store import Store

store, random, found = Store(Path(sys.argv[1])), random.Random(int(sys.argv[2])), 0
end = time.monotonic() + float(sys.argv[3])

def write(draft):
    (draft.folder / "file").write_bytes(draft.recipe.code.encode())
    number = int(draft.recipe.code)
    draft.parts = [store.parts.add(b"part %d" % part) for part in range(number, number + 4)]

while time.monotonic() < end:
    with store.lease():
        recipes = [Recipe(stage="fit", inputs={}, code=str(random.randrange(12)), versions={}) for _ in range(4)]
        used = []
        for recipe in recipes:
            artifact = store.find(recipe)
            found += artifact is not None
            used.append(artifact or store.make(recipe, write))
        for recipe, artifact in zip(recipes, used):
            assert (store.path(artifact) / "file").read_bytes() == recipe.code.encode()
            for digest in store.inventory(artifact).parts:
                assert store.parts.path(digest).read_bytes().startswith(b"part ")
print(found)
"""


def recipe(code: str, stage: str = "fit") -> Recipe:
    return Recipe(stage=stage, inputs={}, code=code, versions={})


def make(store: Store, code: str, parts: Iterable[bytes] = (), stage: str = "fit") -> Artifact:
    def write(draft: Draft) -> None:
        (draft.folder / "file").write_bytes(code.encode())
        draft.parts = [store.parts.add(part) for part in parts]

    return store.make(recipe(code, stage), write)


def let_rest(store: Store) -> None:
    """Lets an hour go by since all that is in the store was used."""
    then = time.time() - 3600
    for path in store.root.rglob("*"):
        os.utime(path, (then, then))


def prune(store: Store, *needed: Artifact, dry_run: bool = False) -> Pruned:
    with Pruning.begin(store) as pruning:
        return pruning.keep_only({one.path for one in needed}, dry_run=dry_run)


def paths_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


class Process:
    """A process that has got as far as to say `ready`."""

    def __init__(self, script: str, store: Store, *arguments: str) -> None:
        command = [sys.executable, "-c", script, str(store.root), *arguments]
        self.process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)


@pytest.fixture
def start(store: Store) -> Iterable[Callable[..., Process]]:
    with ExitStack() as stack:

        def start(script: str, *arguments: str) -> Process:
            process = Process(script, store, *arguments)
            stack.callback(process.kill)
            return process

        yield start


def test_what_is_not_needed_goes_with_its_own_parts(store: Store) -> None:
    kept = make(store, "kept", [b"shared", b"mine"])
    gone = make(store, "gone", [b"shared", b"other", b"other too"], stage="spectrograms")
    size = bytes_of(store.path(gone)) + len(b"other") + len(b"other too")
    let_rest(store)
    pruned = prune(store, kept)
    assert pruned == Pruned(results=(gone.path,), parts=2, leftovers=0, bytes=size)
    assert pruned.stages == {"spectrograms": 1}
    assert store.find(recipe("kept")) == kept
    assert not store.holds(recipe("gone", "spectrograms"))
    assert len(paths_below(store.root / "parts")) == 2
    assert make(store, "gone", [b"shared", b"other"], stage="spectrograms").path == gone.path


def test_a_dry_run_tells_the_same_and_removes_nothing(store: Store) -> None:
    for number in range(3):
        make(store, str(number), [b"part %d" % number])
    (store.root / "records").mkdir()
    (store.root / "records" / "orphan").write_text("{}")
    let_rest(store)
    before = paths_below(store.root)
    told = prune(store, dry_run=True)
    assert before <= paths_below(store.root)
    assert prune(store) == told
    assert (len(told.results), told.parts, told.leftovers) == (3, 3, 1)
    assert prune(store) == Pruned()


def test_parts_are_counted_once(store: Store) -> None:
    for number in range(3):
        make(store, str(number), [b"shared" * 100])
    let_rest(store)
    size = bytes_of(store.root / "results") + 600
    assert prune(store) == Pruned(results=(), parts=1, bytes=size).model_copy(
        update={"results": prune_order(store)}
    )


def prune_order(store: Store) -> tuple[str, ...]:
    return tuple(one.path for one in ())
