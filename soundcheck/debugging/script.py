"""Runs somebody's training script, unchanged, with preflight and monitor attached."""

from __future__ import annotations

import builtins
import os
import sys
import threading
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from soundcheck.debugging.findings import Finding
from soundcheck.debugging.instrumentation import attached
from soundcheck.debugging.observer import Observer
from soundcheck.debugging.record import Record
from soundcheck.errors import SoundcheckError

_HERE = str(Path(__file__).parent)


class UnreadableScriptError(SoundcheckError):
    """A script that cannot even be started; `script_error` is what Python says of it."""

    def __init__(self, message: str, script_error: str) -> None:
        super().__init__(message)
        self.script_error = script_error


@dataclass(frozen=True)
class ScriptRun:
    """What came of a script.

    Attributes:
        findings: the likely root cause first.
        error: `ValueError: …`, or `SystemExit: …` where it gave up; None where it ended well.
        interrupted: whether Ctrl-C ended it.
        trainings: how many calls of `fit` and `train_on_batch`, and failed calls of `compile`, were seen.
        records: of the trainings that the monitor watched, with the name of their model.
    """

    findings: list[Finding]
    error: str | None
    interrupted: bool
    trainings: int
    records: list[tuple[str, Record]] = field(default_factory=list)


def run(script: str | Path, arguments: Sequence[str] = (), *, max_epochs: int | None = None) -> ScriptRun:
    """Runs a script as `python SCRIPT [arguments]` would, and observes its trainings.

    Where the script crashes, its traceback goes to stderr as Python would show it.

    Args:
        script: path of a Python file.
        arguments: the script's own.
        max_epochs: most epochs of each `fit`; unless given, as many as the script says.

    Raises:
        UnreadableScriptError: there is no such file, or it is not Python.
    """
    code = _compiled(script)
    observer = Observer()
    process = os.getpid()
    with _main_module(script, arguments) as module, attached(observer, max_epochs):
        error = _outcome(code, module)
    if os.getpid() != process:  # a child that the script forked, and that came out at the script's end
        raise error if isinstance(error, SystemExit) else SystemExit(int(error is not None))
    return ScriptRun(
        observer.findings(),
        _last_line(error),
        isinstance(error, KeyboardInterrupt),
        observer.trainings,
        observer.records(),
    )


def _compiled(script: str | Path) -> CodeType:
    try:
        source = Path(script).read_bytes()
        return compile(source, os.path.abspath(script), "exec", dont_inherit=True)  # noqa: PTH100 - keeps links
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"script {str(script)!r} cannot be read: {reason}; give the path of a Python file"
        raise UnreadableScriptError(message, f"{type(error).__name__}: {error}") from error
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes, under Python 3.11
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        message = f"script {str(script)!r}{line} is not valid Python: {reason}"
        raise UnreadableScriptError(message, f"{type(error).__name__}: {error}") from error


@contextmanager
def _main_module(script: str | Path, arguments: Sequence[str]) -> Generator[ModuleType]:
    """A new `__main__`, with `sys.argv` and `sys.path[0]` as Python sets them for a script."""
    path = os.path.abspath(script)  # noqa: PTH100 - as Python: absolute, links kept
    module = ModuleType("__main__")
    module.__dict__.update(
        __file__=path, __builtins__=builtins, __loader__=SourceFileLoader("__main__", path), __cached__=None
    )
    saved = sys.argv, sys.path[:], sys.modules["__main__"]
    sys.argv = [str(script), *arguments]
    started_from = [Path.cwd()] if sys.path and sys.path[0] in {"", str(Path.cwd())} else []
    sys.path[: len(started_from)] = [str(Path(path).resolve().parent)]
    sys.modules["__main__"] = module
    try:
        yield module
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = saved


def _outcome(code: CodeType, module: ModuleType) -> BaseException | None:
    """Runs the script and its threads to their end; returns its error, shown as Python shows it."""
    error: BaseException | None = None
    for part in (lambda: exec(code, module.__dict__), _join_threads):  # noqa: S102 - what the user asked for
        try:
            part()
        except BaseException as raised:  # noqa: BLE001 - of any kind, Ctrl-C among them; it is handed on
            error = error or _shown(raised)
    return error


def _join_threads() -> None:
    """Waits for the threads that Python would wait for."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def _shown(error: BaseException) -> BaseException | None:
    """Prints an error as Python does at a script's end; None where it is none."""
    sys.stdout.flush()
    if isinstance(error, SystemExit):
        if error.code is not None and not isinstance(error.code, int):
            sys.stderr.write(f"{error.code}\n")
        return error if error.code else None
    _cut_our_frames(error, set())
    sys.excepthook(type(error), error, error.__traceback__)
    return error


def _cut_our_frames(error: BaseException | None, seen: set[int]) -> None:
    """Takes Soundcheck's frames out of the traceback of an error and of those that led to it."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _theirs(error.__traceback__)
    _cut_our_frames(error.__cause__, seen)
    _cut_our_frames(error.__context__, seen)


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    frames: list[TracebackType] = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_HERE):
            frames.append(trace)
        trace = trace.tb_next
    following: TracebackType | None = None
    for frame in reversed(frames):
        following = TracebackType(following, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return following


def _last_line(error: BaseException | None) -> str | None:
    """The line that ends a traceback, with all of its message."""
    if error is None:
        return None
    lines = traceback.format_exception_only(error)
    return (lines[-1] if isinstance(error, SyntaxError) else lines[0]).strip()
