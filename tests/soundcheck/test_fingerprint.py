"""The code fingerprint: what changes it, and what must not."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from soundcheck import fingerprint
from soundcheck.fingerprint import closure, code_of

PACKAGE = "fingerprinted"
FILES = {
    "__init__.py": "",
    "stage.py": '''
        """A stage."""
        from typing import TYPE_CHECKING

        from fingerprinted.rooms import near

        if TYPE_CHECKING:
            from fingerprinted.types_only import Thing

        def run(thing: "Thing"):
            """Runs."""
            from fingerprinted import lazy

            return near.value() + lazy.VALUE
    ''',
    "rooms/__init__.py": "",
    "rooms/near.py": """
        from . import sibling
        from .deep.deepest import CONSTANT

        def value():
            return CONSTANT + sibling.VALUE
    """,
    "rooms/sibling.py": "VALUE = 1",
    "rooms/deep/__init__.py": "",
    "rooms/deep/deepest.py": "from ...above import VALUE as CONSTANT",
    "above.py": "VALUE = 2",
    "lazy.py": "import json\nVALUE = 3",
    "types_only.py": "class Thing: pass",
    "stranger.py": "raise RuntimeError('imported')",
}

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """A small package that is on the path and counts as ours; call it to change a file."""
    monkeypatch.setattr(fingerprint, "PROJECT_PACKAGES", (PACKAGE,))
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, text: str) -> None:
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    for name, text in FILES.items():
        write(name, text)
    return write


def code() -> str:
    return code_of([f"{PACKAGE}.stage"])


def test_the_closure_is_every_module_that_is_imported(write: Write) -> None:  # noqa: ARG001
    expected = {
        PACKAGE,
        *(f"{PACKAGE}.{name}" for name in ("stage", "rooms", "rooms.near", "rooms.sibling", "above", "lazy")),
        *(f"{PACKAGE}.rooms.{name}" for name in ("deep", "deep.deepest")),
    }
    assert set(closure([f"{PACKAGE}.stage"])) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return near", "# a comment\n    return near"),
        ('"""Runs."""', '"""Runs otherwise."""'),
        ('"""A stage."""', ""),
        ("def run", "\n\n\ndef run"),
        ("near.value() + lazy.VALUE", "(near.value()\n        + lazy.VALUE)"),
    ],
    ids=["comment", "docstring", "no docstring", "blank lines", "layout"],
)
def test_what_cannot_decide_a_result_changes_nothing(write: Write, before: str, after: str) -> None:
    earlier, text = code(), textwrap.dedent(FILES["stage.py"])
    assert before in text
    write("stage.py", text.replace(before, after))
    assert code() == earlier


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stage.py", FILES["stage.py"].replace("+ lazy", "- lazy")),
        ("above.py", "VALUE = 9"),
        ("lazy.py", "import json\nVALUE = 4"),
        ("rooms/sibling.py", "VALUE = 7"),
        ("rooms/__init__.py", "import warnings"),
        ("__init__.py", "SETTING = True"),
        ("above.py", "VALUE = 'a text that is not a docstring'"),
    ],
    ids=["itself", "deep helper", "lazy import", "relative import", "package", "root package", "text"],
)
def test_a_change_below_is_seen(write: Write, name: str, text: str) -> None:
    earlier = code()
    write(name, text)
    assert code() != earlier


def test_a_change_of_equal_size_at_the_same_moment_is_seen(write: Write, tmp_path: Path) -> None:
    """As after an unpacked archive or a checkout that restores dates."""
    import os

    path = tmp_path / PACKAGE / "above.py"
    earlier, status = code(), path.stat()
    write("above.py", "VALUE = 8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert code() != earlier


def test_a_module_that_takes_the_place_of_a_name_is_seen(write: Write) -> None:
    """Though the module that imports it did not change, in a process that has fingerprinted it before."""
    write("rooms/__init__.py", "thing = 1")
    write("stage.py", "from fingerprinted.rooms import thing")
    earlier = code()
    write("rooms/thing.py", "VALUE = 1")
    assert f"{PACKAGE}.rooms.thing" in closure([f"{PACKAGE}.stage"])
    assert code() != earlier


@pytest.mark.parametrize("name", ["types_only.py", "stranger.py"])
def test_modules_that_are_not_imported_at_run_time_do_not_count(write: Write, name: str) -> None:
    earlier = code()
    write(name, "class Thing:\n    changed = True")
    assert code() == earlier


def test_the_other_branch_of_type_checking_counts(write: Write) -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    A = 1\nelse:\n    A = {}\n"
    write("above.py", text.format(2))
    earlier = code()
    write("above.py", text.format(3))
    assert code() != earlier


def test_moving_code_to_another_module_is_seen(write: Write) -> None:
    write("one.py", "VALUE = 1")
    write("two.py", "VALUE = 1")
    assert code_of([f"{PACKAGE}.one"]) != code_of([f"{PACKAGE}.two"])


def test_order_and_repetition_do_not_count(write: Write) -> None:  # noqa: ARG001
    names = [f"{PACKAGE}.above", f"{PACKAGE}.stage"]
    assert code_of(names) == code_of([*reversed(names), names[0]])


def test_modules_that_import_each_other_are_no_trap(write: Write) -> None:
    write("one.py", "from fingerprinted import two")
    write("two.py", "from fingerprinted import one")
    assert set(closure([f"{PACKAGE}.one"])) == {PACKAGE, f"{PACKAGE}.one", f"{PACKAGE}.two"}


def test_nothing_is_imported(write: Write) -> None:
    write("stage.py", "import fingerprinted.stranger")
    before = set(sys.modules)
    code()
    assert {name for name in set(sys.modules) - before if name.startswith(PACKAGE)} == set()


@pytest.mark.parametrize("name", [f"{PACKAGE}.nowhere", "no_such_package", "no_such_package.module"])
def test_a_module_without_source_is_refused(write: Write, name: str) -> None:  # noqa: ARG001
    with pytest.raises(ModuleNotFoundError, match=name):
        code_of([name])


def test_a_stage_of_this_project_has_its_helpers_in_its_closure() -> None:
    found = closure(["tasks.fit", "soundcheck.models.tc_resnet8"])
    assert {"soundcheck.training.fitting", "soundcheck.models", "soundcheck.training.fitted"} <= set(found)
    assert "soundcheck.models.reference_cnn" not in found
    assert all(path.is_file() for path in found.values())
