"""A Prefect flow that does nothing: what Prefect itself takes, for benchmarks/rerun.py."""

from __future__ import annotations

from prefect import flow


@flow
def empty() -> None:
    """Does nothing."""


if __name__ == "__main__":
    empty()
