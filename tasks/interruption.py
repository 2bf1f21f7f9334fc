"""Ctrl-C at a moment where nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def uninterrupted() -> Generator[None]:
    """While it lasts Ctrl-C waits; also a decorator.

    It is for talks with MLflow: where one is broken off inside SQLAlchemy, the database may stay locked for
    as long as the process lives, and nobody can note that the run has ended. A second Ctrl-C does not wait.
    """
    if threading.current_thread() is not threading.main_thread():  # others are not interrupted
        yield
        return
    waiting = False

    def wait(_number: int, _frame: FrameType | None) -> None:
        nonlocal waiting
        waiting = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if waiting:
            signal.raise_signal(signal.SIGINT)
