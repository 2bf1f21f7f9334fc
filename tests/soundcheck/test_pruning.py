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
from soundcheck.files import exclusive
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
        codes, used = random.sample(range(12), 4), []
        recipes = [Recipe(stage="fit", inputs={}, code=str(code), versions={}) for code in codes]
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
    pruned = prune(store)
    assert (pruned.parts, pruned.bytes) == (1, size)


def test_what_a_running_flow_has_used_stays_until_the_flow_ends(
    store: Store, start: Callable[..., Process]
) -> None:
    used, unused = make(store, "used", [b"part"]), make(store, "unused", [b"other"])
    let_rest(store)
    flow = start(HOLDER, "used")
    assert prune(store).results == (unused.path,)
    assert store.find(recipe("used")) == used
    flow.kill()
    let_rest(store)
    assert prune(store).results == (used.path,)


def test_what_a_flow_has_used_that_ended_after_the_pruning_began_stays(store: Store) -> None:
    used = make(store, "used", [b"part"])
    let_rest(store)
    with ExitStack() as flow:
        flow.enter_context(store.lease())
        assert store.find(recipe("used"))
        with Pruning.begin(store) as pruning:
            flow.close()  # and its receipt is read only now
            assert pruning.keep_only(()) == Pruned()
    assert store.find(recipe("used")) == used


def test_what_a_flow_uses_that_starts_after_the_pruning_began_stays(store: Store) -> None:
    used, unused = make(store, "used", [b"part"]), make(store, "unused")
    let_rest(store)
    with Pruning.begin(store) as pruning, store.lease():
        assert store.find(recipe("used"))
        store.parts.add(b"new")
        assert pruning.keep_only(()).results == (unused.path,)
    assert store.find(recipe("used")) == used
    assert len(paths_below(store.root / "parts")) == 2


def test_a_listed_result_is_in_use_from_when_it_is_taken(store: Store) -> None:
    make(store, "listed")
    let_rest(store)
    [listed] = store.inventories()
    with store.lease():
        file = store.take(listed, "file")
        assert prune(store) == Pruned()
        assert file is not None
        assert file.read_bytes() == b"listed"
    let_rest(store)
    prune(store)
    assert store.take(listed, "file") is None


def test_a_result_that_is_being_made_is_left_alone_until_its_maker_is_killed(
    store: Store, start: Callable[..., Process]
) -> None:
    maker = start(MAKER)
    let_rest(store)
    assert prune(store) == Pruned()
    [draft] = (store.root / "drafts").iterdir()
    assert (draft / "file").read_bytes() == b"half"
    maker.kill()
    pruned = prune(store)
    assert (pruned.leftovers, pruned.bytes) == (1, len(b"half"))
    assert not list((store.root / "drafts").iterdir())
    assert make(store, "made") == store.find(recipe("made"))


def test_what_a_killed_pruning_moved_away_goes_with_the_next(
    store: Store, start: Callable[..., Process]
) -> None:
    gone = make(store, "gone", [b"part"])
    let_rest(store)
    start(PRUNER).kill()
    assert store.find(recipe("gone")) is None
    assert len(list((store.root / "trash").iterdir())) == 2
    assert make(store, "gone", [b"part"]) == gone
    assert prune(store, gone).leftovers == 2
    assert not (store.root / "trash").exists()
    assert store.find(recipe("gone")) == gone


def test_prunings_take_turns(store: Store) -> None:
    make(store, "gone")
    let_rest(store)
    with Pruning.begin(store):
        second = subprocess.Popen([sys.executable, "-c", PRUNER, str(store.root)], cwd=REPOSITORY)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=1)
        assert store.holds(recipe("gone"))
    second.kill()
    second.wait(timeout=30)


def damaged(store: Store, code: str, damage: str) -> Artifact:
    made = make(store, code, [code.encode()])
    inventory = store.path(made) / INVENTORY
    if damage == "missing":
        inventory.unlink()
    elif damage == "altered":
        inventory.write_bytes(inventory.read_bytes()[:-9])
    else:
        inventory.unlink()
        inventory.mkdir()
    return made


@pytest.mark.parametrize("damage", ["missing", "altered", "a folder"])
def test_a_damaged_result_goes_unless_it_is_needed(store: Store, damage: str) -> None:
    gone, kept = damaged(store, "gone", damage), damaged(store, "kept", damage)
    let_rest(store)
    assert prune(store, kept).results == (gone.path,)
    assert store.path(kept).is_dir()


def test_a_file_in_a_results_place_goes(store: Store) -> None:
    made = make(store, "1")
    (store.path(made).parent / "stray").write_text("in the way")
    let_rest(store)
    assert prune(store, made).results == ("results/fit/stray",)


def test_leftovers_go(store: Store) -> None:
    made = make(store, "1", [b"part"])
    for name in ("parts/ab/.old", "runs/.old", f"records/{recipe('1').key}", "records/orphan"):
        path = store.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a")
    (store.root / "locks" / "stale").touch()
    (store.root / "leases" / "stale").parent.mkdir(exist_ok=True)
    (store.root / "leases" / "stale").touch()
    let_rest(store)
    with store.lease(), exclusive(store.root / "locks" / "held"):
        (store.root / "runs" / ".new").write_text("being written")
        pruned = prune(store, made)
        assert {path.name for path in (store.root / "locks").iterdir()} == {"held", "prune", "removal"}
        assert len(list((store.root / "leases").iterdir())) == 1
    assert (pruned.leftovers, pruned.bytes) == (3, 3)
    assert [path.name for path in (store.root / "runs").iterdir()] == [".new"]
    assert [path.name for path in (store.root / "records").iterdir()] == [recipe("1").key]
    assert store.find(recipe("1")) == made


def test_flows_that_find_and_make_results_never_lose_one_to_prunings(store: Store) -> None:
    seconds = 3.0
    flows = [
        subprocess.Popen(
            [sys.executable, "-c", FLOWS, str(store.root), str(seed), str(seconds)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(2)
    ]
    removed = 0
    while any(flow.poll() is None for flow in flows):
        if store.root.exists():
            removed += len(prune(store).results)
    ended = [(flow.communicate(timeout=30), flow.returncode) for flow in flows]
    assert [code for _, code in ended] == [0, 0], ended
    assert all(int(output) > 0 for (output, _), _ in ended)
    assert removed > 0


RESULTS = st.lists(
    st.tuples(st.sampled_from(["needed", "used", "neither"]), st.frozensets(st.integers(0, 5))), max_size=6
)


@settings(max_examples=40)
@given(results=RESULTS, loose=st.frozensets(st.integers(0, 7)), used=st.frozensets(st.integers(0, 7)))
def test_exactly_what_is_needed_or_in_use_stays(
    results: list[tuple[str, frozenset[int]]], loose: frozenset[int], used: frozenset[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        names = {number: store.parts.add(b"part %d" % number) for number in loose}
        made: list[Artifact] = []
        for code, (_, parts) in enumerate(results):
            made.append(make(store, str(code), [b"part %d" % part for part in parts]))
        store.root.mkdir(exist_ok=True)
        let_rest(store)
        fates = [fate for fate, _ in results]
        with store.lease():
            for code, fate in enumerate(fates):
                if fate == "used":
                    assert store.find(recipe(str(code)))
            for number in used & loose:
                assert store.parts.has(names[number])
            prune(store, *(one for one, fate in zip(made, fates, strict=True) if fate == "needed"))
        staying = [parts for fate, parts in results if fate != "neither"]
        expected = {b"part %d" % part for part in frozenset().union(*staying) | (used & loose)}
        assert {path.read_bytes() for path in paths_below(store.root / "parts")} == expected
        for code, fate in enumerate(fates):
            assert (store.find(recipe(str(code))) is not None) == (fate != "neither")
