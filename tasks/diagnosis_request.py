"""What is asked of a diagnosis: which parts, and whether they can be asked of a run or of a model file.

It takes no Prefect, so that a command can refuse before that starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from soundcheck.errors import ConfigError
from tasks.diagnosis_sentences import Part
from tasks.patient import is_model_file

PARTS: tuple[Part, ...] = get_args(Part)
TRAINING_AGAIN: frozenset[Part] = frozenset({"learning_curve", "repeats"})
OF_TRAINING: frozenset[Part] = frozenset({"findings", *TRAINING_AGAIN})
"""The parts that cannot be asked about a model file."""


def parts_of(subject: str | None, only: Sequence[Part], *, with_data: bool) -> list[Part]:
    """The parts to be asked, in their order.

    Args:
        subject: A run or a model file, as the user named it; None for the run used last.
        only: The parts that the user named; where there are none, all that need no further training.
        with_data: Whether data, or a configuration, were given.

    Raises:
        ConfigError: a part needs a training of which nothing is known; or there are data and no model file,
            or the reverse.
    """
    of_file = subject is not None and is_model_file(subject)
    if of_file and not with_data:
        raise ConfigError(f"{subject} is diagnosed on data: name them with --data")
    if with_data and not of_file:
        raise ConfigError(
            f"the run {subject or 'used last'} has data and settings of its own; leave out --data, --preset "
            "and --set, or name a .keras file"
        )
    refused = [part for part in only if of_file and part in OF_TRAINING]
    if refused:
        others = ", ".join(part for part in PARTS if part not in OF_TRAINING)
        raise ConfigError(
            f"--only {refused[0]} asks about the training, of which {subject} says nothing; train by "
            f"`soundcheck train` and diagnose the run, or ask about the model: {others}"
        )
    asked = only or [part for part in PARTS if part not in TRAINING_AGAIN]
    return [part for part in PARTS if part in asked and not (of_file and part in OF_TRAINING)]
