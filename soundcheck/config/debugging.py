"""Thresholds of the rules of `soundcheck.debugging`.

Each is the point from which a state of a network hurts its training, not the point that some example has
reached; the docstring of its rule says where the number comes from.
"""

from __future__ import annotations

from pydantic import Field

from soundcheck.config.section import Section


class DebuggingConfig(Section):
    """When a rule speaks."""

    max_rows: int = Field(
        default=2048, ge=32, description="Rows of the data that are looked at; they are evenly spread."
    )
    max_seconds: float = Field(default=60.0, gt=0, description="Longest time of the preflight checks, in s.")
