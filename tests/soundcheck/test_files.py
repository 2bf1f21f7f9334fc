"""Files whole or not at all, and locks between processes that die with their holder."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from soundcheck.errors import StoreError
from soundcheck.files import (
    disk_errors,
    exclusive,
    is_held,
    remove,
    remove_unheld,
    sha256_of,
    shared,
    write_atomically,
)

REPOSITORY = Path(__file__).resolve().parents[2]

# A process that holds a lock file until its standard input is closed.
HOLDER = """
import sys
from pathlib import Path
from soundcheck import files

with getattr(files, sys.argv[1])(Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(how: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, how, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def await_held(holder: subprocess.Popen[str]) -> None:
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"


def end(holder: subprocess.Popen[str]) -> None:
    holder.communicate(timeout=30)


@contextmanager
def held_elsewhere(how: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the lock in this block."""
    holder = start_holder(how, path)
    try:
        await_held(holder)
        yield holder
    finally:
        end(holder)


@contextmanager
def waiter(path: Path) -> Iterator[threading.Event]:
    """A thread that wants to hold a lock exclusively; the event says that it has got it."""
    got = threading.Event()

    def wait() -> None:
        with exclusive(path):
            got.set()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield got
    finally:
        thread.join(timeout=30)


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "one"


@pytest.mark.parametrize("mine", [exclusive, shared])
@pytest.mark.parametrize("theirs", ["exclusive", "shared"])
def test_only_those_who_share_hold_a_lock_together(
    lock: Path, mine: Callable[[Path], Iterator[None]], theirs: str
) -> None:
    together = mine is shared and theirs == "shared"
    with mine(lock):
        other = start_holder(theirs, lock)
        if together:
            await_held(other)
        else:
            time.sleep(0.5)  # in which it would have come, were it let in
            assert other.poll() is None
            assert is_held(lock)
    if not together:
        await_held(other)
    end(other)
    assert other.returncode == 0


def test_a_lock_is_free_before_and_after_it_is_held(lock: Path) -> None:
    assert not is_held(lock)
    for how in ("exclusive", "shared"):
        with held_elsewhere(how, lock):
            assert is_held(lock)
        assert not is_held(lock)
    with exclusive(lock):
        pass


def test_a_killed_holder_frees_its_lock(lock: Path) -> None:
    with held_elsewhere("exclusive", lock) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=30)
        assert not is_held(lock)
        with exclusive(lock):
            assert is_held(lock)


def test_an_error_frees_the_lock(lock: Path) -> None:
    with pytest.raises(KeyError), exclusive(lock):
        raise KeyError
    assert not is_held(lock)


def test_who_waits_for_a_lock_file_that_is_removed_holds_the_one_that_others_see(lock: Path) -> None:
    """Else the one who waited and the next to come would both hold a lock, of two files."""
    with held_elsewhere("exclusive", lock) as holder, waiter(lock) as got:
        time.sleep(0.2)
        lock.unlink()
        with exclusive(lock):
            end(holder)
            assert not got.wait(0.3)
        assert got.wait(30)


def test_a_lock_file_that_is_removed_is_made_again(lock: Path) -> None:
    with held_elsewhere("exclusive", lock) as holder, waiter(lock) as got:
        time.sleep(0.2)
        lock.unlink()
        end(holder)
        assert got.wait(30)
    assert lock.exists()


def test_only_a_lock_that_nobody_holds_is_removed(lock: Path) -> None:
    remove_unheld(lock)
    with held_elsewhere("shared", lock):
        remove_unheld(lock)
        assert lock.exists()
    remove_unheld(lock)
    assert not lock.exists()


def test_a_lock_that_took_the_place_of_a_removed_one_is_left_alone(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with exclusive(lock):
        pass
    opened = Path.open

    def open_and_lose(path: Path, mode: str) -> object:
        """Between opening and locking, the file is replaced by one that another holds."""
        handle = opened(path, mode)
        path.unlink()
        path.touch()
        return handle

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_and_lose)
        remove_unheld(lock)
    assert lock.exists()


@pytest.mark.parametrize("there", ["nothing", "a file", "a folder"])
def test_a_file_is_written_over_whatever_is_there(tmp_path: Path, there: str) -> None:
    path = tmp_path / "folder" / "file"
    if there == "a file":
        path.parent.mkdir()
        path.write_bytes(b"longer content")
    elif there == "a folder":
        (path / "below").mkdir(parents=True)
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]
    assert sha256_of(path) == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_at_the_end_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match="disk is full"):
        write_atomically(tmp_path / "folder" / "file", b"content")
    assert list((tmp_path / "folder").iterdir()) == []


def test_removing_takes_files_folders_and_links_but_not_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "file").touch()
    for name in ("link", "folder", "file", "nothing"):
        remove(tmp_path / name)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["kept", "kept/file"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_place_that_may_not_be_written_says_the_way_out(tmp_path: Path, code: int) -> None:
    with pytest.raises(StoreError, match=r"may not be written.*SOUNDCHECK_HOME"), disk_errors(tmp_path):
        raise OSError(code, os.strerror(code), str(tmp_path / "file"))


@pytest.mark.parametrize(
    ("code", "place"), [(errno.EACCES, "/elsewhere/clip.wav"), (errno.EIO, "file"), (errno.ENOENT, "file")]
)
def test_other_errors_stay_what_they_are(tmp_path: Path, code: int, place: str) -> None:
    with pytest.raises(OSError, match=os.strerror(code)), disk_errors(tmp_path):
        raise OSError(code, os.strerror(code), str(tmp_path / place))


@pytest.mark.parametrize("path", ["folder", "folder/deeper"])
def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").touch()
    way_out = rf"{tmp_path / 'folder'} is a file, and a folder is needed there.*SOUNDCHECK_HOME"
    with pytest.raises(StoreError, match=way_out), disk_errors(tmp_path):
        (tmp_path / path).mkdir(parents=True, exist_ok=True)


def test_a_folder_that_is_there_already_is_no_file_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError), disk_errors(tmp_path):
        tmp_path.mkdir()


def test_a_file_may_be_read_by_whom_the_users_files_may(tmp_path: Path) -> None:
    (tmp_path / "another").touch()
    write_atomically(tmp_path / "file", b"content")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "another").stat().st_mode
