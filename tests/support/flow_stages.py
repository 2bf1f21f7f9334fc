"""The stages of a training that goes well."""

from typing import get_args

from soundcheck.artifacts import TrainStageName

STAGES: tuple[str, ...] = tuple(name for name in get_args(TrainStageName) if name != "try_fix")
"""In their order; remedies are only tried where a training goes badly."""

FRUGAL = (
    "data.split=random",
    "training.epochs=2",
    "training.batch_size=16",
    "model.name=reference_cnn",  # quicker to build
    "debugging.max_rows=64",
    "debugging.small_batch_steps=20",
    "analysis.sensitivity_clips=16",
    "analysis.worst_clips=1",
)
"""Settings that make a training quick."""


def as_options(*settings: str) -> list[str]:
    """For the command line: `--set` before each."""
    return [word for setting in settings for word in ("--set", setting)]
