"""Ctrl-C waits for the end of what must not be broken off, but only once."""

import signal
import threading

import pytest

from tasks.interruption import uninterrupted


def test_an_interruption_waits_for_the_end() -> None:
    done: list[str] = []

    @uninterrupted()
    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]


def test_a_second_one_does_not_wait() -> None:
    done: list[str] = []

    @uninterrupted()
    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append("too late")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == []


def test_an_inner_one_hands_it_to_the_outer_one() -> None:
    done: list[str] = []

    @uninterrupted()
    def work() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
        done.append("still going")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["still going"]


def test_what_was_in_force_before_is_in_force_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="mine"), uninterrupted():
        raise ValueError("mine")
    with uninterrupted():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    done: list[str] = []

    @uninterrupted()
    def work() -> None:
        done.append("worked")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["worked"]
