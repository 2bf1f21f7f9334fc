"""The store: whole or absent, verified at every look-up, made once, and nothing left behind."""

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundcheck.artifacts import Recipe
from soundcheck.errors import StoreError
from soundcheck.files import is_held
from soundcheck.store import INVENTORY, Draft, Store, home_folder, read_inventory

REPOSITORY = Path(__file__).resolve().parents[2]
CONTENTS = {"model.bin": b"weights", "docs/index.html": b"<html>", "empty": b""}

# A process that makes a result: it says in the diary that it started, and writes the file when time is up.
MAKER = """
import sys, time
from pathlib import Path
from soundcheck.artifacts import Recipe
from soundcheck.store import Store

root, diary, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])

def write(draft):
    (draft.folder / "half").touch()
    with diary.open("a") as file:
        file.write("started\\n")
    time.sleep(seconds)
    (draft.folder / "half").rename(draft.folder / "file")

print(Store(root).make(Recipe(stage="fit", inputs={}, code="c", versions={}), write).digest)
"""


def recipe(code: str = "c0de", **inputs: Any) -> Recipe:
    return Recipe(stage="fit", inputs=inputs, code=code, versions={"keras": "3"})


def writing(contents: dict[str, bytes], **fields: Any) -> Callable[[Draft], None]:
    def write(draft: Draft) -> None:
        for name, content in contents.items():
            path = draft.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, value in fields.items():
            setattr(draft, name, value)

    return write


def refuse(_draft: Draft) -> None:
    pytest.fail("made again")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def make_unreadable(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [Path.unlink, truncate, flip, make_unreadable]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_what_was_made_is_found_by_an_equal_recipe(store: Store) -> None:
    assert store.find(recipe()) is None
    made = store.make(recipe(), writing(CONTENTS, note="3 files"))
    assert store.find(recipe()) == made
    assert store.make(recipe(), refuse) == made
    assert {name: (store.path(made) / name).read_bytes() for name in CONTENTS} == CONTENTS
    inventory = store.inventory(made)
    sizes = {name: len(content) for name, content in CONTENTS.items()}
    assert (inventory.note, inventory.recipe, inventory.artifact) == ("3 files", recipe(), made)
    assert {name: one.bytes for name, one in inventory.files.items()} == sizes


@pytest.mark.parametrize(
    "other", [recipe(code="other"), recipe(x=1), recipe().model_copy(update={"stage": "x"})]
)
def test_another_recipe_finds_nothing(store: Store, other: Recipe) -> None:
    store.make(recipe(), writing(CONTENTS))
    assert store.find(other) is None


def test_equal_content_has_an_equal_digest(store: Store) -> None:
    one, same = (store.make(recipe(x=x), writing(CONTENTS)) for x in (1, 2))
    other = store.make(recipe(x=3), writing({**CONTENTS, "empty": b"not"}))
    renamed = store.make(recipe(x=4), writing({"name": b""}))
    empty = store.make(recipe(x=5), writing({"other name": b""}))
    assert one.digest == same.digest
    assert one.path != same.path
    assert len({one.digest, other.digest, renamed.digest, empty.digest}) == 4


def test_a_draft_may_give_the_digest_of_its_canonical_content(store: Store) -> None:
    assert store.make(recipe(), writing({"file": b"a date"}, digest="canonical")).digest == "canonical"


@pytest.mark.parametrize("name", ["model.bin", "docs/index.html", INVENTORY])
@pytest.mark.parametrize("damage", DAMAGES, ids=["deleted", "truncated", "byte flipped", "unreadable"])
def test_a_damaged_result_is_not_found_and_made_again(
    store: Store, name: str, damage: Callable[[Path], None]
) -> None:
    made = store.make(recipe(), writing(CONTENTS))
    damage(store.path(made) / name)
    assert store.find(recipe()) is None
    assert store.why_missing(recipe()) == "its stored result was incomplete or altered"
    assert store.make(recipe(), writing(CONTENTS)) == made
    assert store.find(recipe()) == made


def test_a_file_in_a_results_place_is_replaced(store: Store) -> None:
    made = store.make(recipe(), writing(CONTENTS))
    shutil.rmtree(store.path(made))
    store.path(made).write_text("in the way")
    assert store.find(recipe()) is None
    assert store.make(recipe(), writing(CONTENTS)) == made


def test_whichever_byte_of_the_inventory_is_altered_no_other_artifact_is_served(store: Store) -> None:
    made = store.make(recipe(x=1.5), writing({"file": b"content"}, note="a note", digest="d1"))
    path = store.path(made) / INVENTORY
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert store.find(recipe(x=1.5)) in (None, made), f"byte {place}"


def test_a_result_under_another_recipes_key_is_not_served(store: Store) -> None:
    one = store.make(recipe(x=1), writing(CONTENTS))
    other = store.make(recipe(x=2), writing({"file": b""}))
    shutil.rmtree(store.path(other))
    shutil.copytree(store.path(one), store.path(other))
    assert store.find(recipe(x=2)) is None


def test_parts_are_kept_once_and_verified(store: Store) -> None:
    digest = store.parts.add(b"shard")
    written = store.parts.path(digest).stat().st_ino
    assert store.parts.add(b"shard") == digest
    assert store.parts.path(digest).stat().st_ino == written
    assert store.parts.path(digest).read_bytes() == b"shard"
    assert store.parts.has(digest)
    assert len(files_below(store.root / "parts")) == 1
    assert not store.parts.has("0" * 64)


@pytest.mark.parametrize("damage", DAMAGES, ids=["deleted", "truncated", "byte flipped", "unreadable"])
def test_a_result_with_a_damaged_part_is_not_found_and_mended(
    store: Store, damage: Callable[[Path], None]
) -> None:
    def write(draft: Draft) -> None:
        draft.parts = [store.parts.add(b"shard")]

    made = store.make(recipe(), write)
    [digest] = store.inventory(made).parts
    damage(store.parts.path(digest))
    assert not store.parts.has(digest)
    assert store.find(recipe()) is None
    assert store.make(recipe(), write) == made
    assert store.parts.has(digest)


def set_back(path: Path) -> None:
    """As if it had been used last an hour ago."""
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))


def seconds_since_use(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def test_looking_a_result_up_notes_that_it_is_used(store: Store) -> None:
    digest = store.parts.add(b"shard")
    used = store.path(store.make(recipe(x=1), writing(CONTENTS, parts=[digest]))) / INVENTORY
    other = store.path(store.make(recipe(x=2), writing(CONTENTS))) / INVENTORY
    for path in (used, other, store.parts.path(digest)):
        set_back(path)
    store.find(recipe(x=1))
    assert seconds_since_use(used) < 60
    assert seconds_since_use(store.parts.path(digest)) < 60
    assert seconds_since_use(other) > 3000


def test_a_part_that_is_added_again_counts_as_used(store: Store) -> None:
    path = store.parts.path(store.parts.add(b"shard"))
    set_back(path)
    store.parts.add(b"shard")
    assert seconds_since_use(path) < 60


def test_looking_up_what_is_not_there_makes_nothing(store: Store) -> None:
    assert store.find(recipe()) is None
    assert not store.holds(recipe())
    assert not (store.root / "results").exists()


def test_a_lease_is_held_as_long_as_it_lasts_and_leaves_nothing(store: Store) -> None:
    with store.lease(), store.lease():
        leases = list((store.root / "leases").iterdir())
        assert len(leases) == 2
        assert all(map(is_held, leases))
    with pytest.raises(KeyboardInterrupt), store.lease():
        raise KeyboardInterrupt
    assert not files_below(store.root / "leases")


def test_why_a_result_is_missing(store: Store) -> None:
    assert store.why_missing(recipe(rate=0.001)) == "first run"
    store.make(recipe(rate=0.001, width=1, data="a"), writing(CONTENTS))
    store.make(recipe(rate=0.01, width=2, data="b"), writing(CONTENTS))
    assert store.why_missing(recipe(rate=0.0003, width=1, data="a")) == "rate 0.001 -> 0.0003"
    assert store.why_missing(recipe("new", rate=0.01, width=2, data="b")) == "code changed"
    assert store.why_missing(recipe(rate=0.02, width=2, data="c")) == "data b -> c, rate 0.01 -> 0.02"


def test_of_equally_near_results_the_latest_explains(store: Store) -> None:
    for rate in (0.1, 0.2, 0.3):
        store.make(recipe(rate=rate), writing(CONTENTS))
    assert store.why_missing(recipe(rate=0.4)) == "rate 0.3 -> 0.4"


def test_a_draft_knows_the_stages_earlier_results_the_latest_first(store: Store) -> None:
    seen: list[list[Any]] = []

    def look(draft: Draft) -> None:
        seen.append([one.recipe.inputs["x"] for one in draft.earlier])

    for x in (1, 2, 3):
        store.make(recipe(x=x), look)
    store.make(recipe(x=4).model_copy(update={"stage": "evaluate"}), look)
    store.make(recipe(x=5), look, afresh=True)
    assert seen == [[], [1], [2, 1], [], []]


def test_a_result_with_a_damaged_inventory_is_not_among_the_earlier_ones(store: Store) -> None:
    whole, altered, lost = (store.make(recipe(x=x), writing(CONTENTS)) for x in (1, 2, 3))
    flip(store.path(altered) / INVENTORY)
    (store.path(lost) / INVENTORY).unlink()
    assert [one.artifact for one in store.inventories("fit")] == [whole]
    assert store.inventories("validate") == []


def test_a_result_that_lost_a_file_is_still_told_by_its_inventory(store: Store) -> None:
    """So that what it shares with others, or what else it holds, can be taken over."""
    made = store.make(recipe(), writing(CONTENTS))
    (store.path(made) / "model.bin").unlink()
    [inventory] = store.inventories()
    assert not store.has_whole(inventory, "model.bin")
    assert store.has_whole(inventory, "docs/index.html")


def test_an_artifact_that_is_gone_is_told(store: Store) -> None:
    made = store.make(recipe(), writing(CONTENTS))
    shutil.rmtree(store.path(made))
    with pytest.raises(StoreError, match="fit is gone from the store"):
        store.inventory(made)


def test_what_is_made_afresh_replaces_what_was_there(store: Store) -> None:
    store.make(recipe(), writing({"a": b"old", "b": b"old"}))
    made = store.make(recipe(), writing({"a": b"new"}), afresh=True)
    assert store.find(recipe()) == made
    assert [path.name for path in sorted(store.path(made).iterdir())] == ["a", INVENTORY]
    assert list((store.root / "drafts").iterdir()) == []


def test_what_is_made_afresh_in_vain_leaves_what_was_there(store: Store) -> None:
    made = store.make(recipe(), writing(CONTENTS))

    def write(_draft: Draft) -> None:
        assert store.find(recipe()) == made
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.make(recipe(), write, afresh=True)
    assert store.find(recipe()) == made


@pytest.fixture
def no_more_files() -> Iterator[Callable[[], None]]:
    """From its call on, this process may open no more files."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_too_many_open_files_are_no_damage(store: Store, no_more_files: Callable[[], None]) -> None:
    digest = store.parts.add(b"part")
    [inventory] = [store.inventory(store.make(recipe(), writing(CONTENTS)))]
    no_more_files()
    for look in (
        lambda: store.parts.has(digest),
        lambda: store.has_whole(inventory, "model.bin"),
        lambda: read_inventory(store.path(inventory.artifact)),
    ):
        with pytest.raises(OSError, match="Too many open files"):
            look()


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), OSError(errno.EIO, "disk")])
def test_an_error_while_writing_leaves_nothing(store: Store, error: BaseException) -> None:
    def write(draft: Draft) -> None:
        writing(CONTENTS)(draft)
        raise error

    with pytest.raises(type(error)):
        store.make(recipe(), write)
    assert store.find(recipe()) is None
    assert not files_below(store.root / "drafts")
    assert not (store.root / "results").exists()
    assert store.make(recipe(), writing(CONTENTS)) == store.find(recipe())


def test_a_file_that_the_stage_may_not_read_is_not_blamed_on_the_store(store: Store) -> None:
    def write(_draft: Draft) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere/clip.wav")

    with pytest.raises(PermissionError, match=r"/elsewhere/clip\.wav"):
        store.make(recipe(), write)


@pytest.mark.parametrize("place", ["file", "../../.."], ids=["in the draft", "above the store"])
def test_a_closed_store_says_the_way_out(store: Store, place: str) -> None:
    def write(draft: Draft) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", os.path.normpath(draft.folder / place))

    with pytest.raises(StoreError, match=r"may not be written.*SOUNDCHECK_HOME"):
        store.make(recipe(), write)


def test_a_draft_may_not_use_the_inventorys_name(store: Store) -> None:
    with pytest.raises(ValueError, match=INVENTORY):
        store.make(recipe(), writing({INVENTORY: b"mine"}))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("needs the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_says_so_and_leaves_nothing(small_disk: Path) -> None:
    store = Store(small_disk / "store")
    kept = store.make(recipe(x=1), writing(CONTENTS))
    with pytest.raises(StoreError, match=r"disk is full.*free some space"):
        store.make(recipe(x=2), writing({"big": bytes(2 << 20)}))
    with pytest.raises(StoreError, match="disk is full"):
        store.parts.add(bytes(2 << 20))
    assert not files_below(store.root / "drafts")
    assert not files_below(store.root / "parts")
    assert store.find(recipe(x=2)) is None
    assert store.find(recipe(x=1)) == kept
    assert store.find(recipe(x=2)) is None
    assert store.make(recipe(x=2), writing({"small": b"fits"}))


def test_a_moved_store_keeps_its_results(store: Store, tmp_path: Path) -> None:
    digest = store.parts.add(b"shard")
    made = store.make(recipe(), writing(CONTENTS, parts=[digest]))
    moved = Store(store.root.rename(tmp_path / "elsewhere"))
    assert moved.find(recipe()) == made
    assert moved.parts.has(digest)


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOUNDCHECK_HOME", raising=False)
    assert home_folder() == tmp_path / ".soundcheck"
    monkeypatch.setenv("SOUNDCHECK_HOME", "")
    assert home_folder() == tmp_path / ".soundcheck"
    monkeypatch.setenv("SOUNDCHECK_HOME", "own")
    assert home_folder() == tmp_path / "own"


def file_names() -> st.SearchStrategy[str]:
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="/\x00")
    return st.text(characters, min_size=1, max_size=60).filter(
        lambda name: name not in (".", "..", INVENTORY)
    )


@given(contents=st.dictionaries(file_names(), st.binary(max_size=50), max_size=4))
def test_any_files_come_back(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        made = store.make(recipe(), writing(contents))
        assert store.find(recipe()) == made
        assert {name: (store.path(made) / name).read_bytes() for name in contents} == contents
        assert store.make(recipe(), writing(contents), afresh=True) == made


def start_maker(store: Store, diary: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MAKER, str(store.root), str(diary), str(seconds)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_two_processes_make_a_result_once(store: Store, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    makers = [start_maker(store, diary, seconds=0.5) for _ in range(2)]
    answers = [maker.communicate(timeout=60)[0].strip() for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0]
    assert answers[0] == answers[1] != ""
    assert diary.read_text() == "started\n"


def test_a_killed_maker_frees_the_lock_and_leaves_no_result(store: Store, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    killed = start_maker(store, diary, seconds=600)
    wait_until(diary.exists)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=30)
    wanted = Recipe(stage="fit", inputs={}, code="c", versions={})
    assert store.find(wanted) is None
    assert [path.name for path in files_below(store.root / "drafts")] == ["half"]

    def write(draft: Draft) -> None:
        assert not files_below(draft.folder)
        writing({"file": b"content"})(draft)

    made = store.make(wanted, write)
    assert made == store.find(wanted)
    assert list(store.inventory(made).files) == ["file"]
    assert not list((store.root / "drafts").iterdir())
