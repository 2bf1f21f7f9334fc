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
    max_initial_loss_ratio: float = Field(
        default=3.0,
        gt=1,
        description="An untrained classifier's cross-entropy, over that of one that knows nothing, from which "
        "it starts sure of wrong answers.",
    )
    small_batch_rows: int = Field(default=16, ge=2, description="Rows that a network must learn by heart.")
    small_batch_steps: int = Field(default=200, ge=1, description="Steps that it is given for it.")
    small_batch_loss_share: float = Field(
        default=0.5, gt=0, lt=1, description="Share of its loss that must be gone by then."
    )
    trial_steps: int = Field(
        default=400, ge=1, description="Most steps of a short training that tries whether a change helps."
    )
    trial_seconds: float = Field(default=10.0, gt=0, description="Longest time of a short training, in s.")
    max_saturated_share: float = Field(
        default=0.9,
        gt=0,
        lt=1,
        description="Share of a layer's outputs on the flat parts of its activation, from which it passes on "
        "hardly any gradient.",
    )
