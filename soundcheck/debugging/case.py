"""A case: all that is known of one training, which every rule takes and none changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from soundcheck.debugging.findings import Finding
from soundcheck.debugging.heads import Head
from soundcheck.debugging.record import Observation, Record
from soundcheck.debugging.samples import Sample

if TYPE_CHECKING:
    import keras

    from soundcheck.config import DebuggingConfig
    from soundcheck.debugging.outcome import Outcome
    from soundcheck.debugging.standards import Standard


@dataclass(frozen=True)
class FitSettings:
    """What `fit` was told; the defaults are Keras's. Of the data it holds no more than is said here."""

    batch_size: int | None = None
    epochs: int = 1
    shuffle: bool = True
    class_weight: Mapping[int, float] | None = None
    validation_split: float = 0.0


@dataclass(frozen=True)
class Case:
    """All that is known of one training.

    Attributes:
        model: compiled; before the training as it starts, after it as it ended.
        sample: rows of the training data.
        validation: rows of the validation data; None where there are none.
        heads: one for each output, with what the untrained model gave for the sample.
        initial: the first batch seen before any training; None where the model could not be called.
        settings: thresholds.
        fit: what `fit` was told.
        record: the training; None before it.
    """

    model: keras.Model
    sample: Sample
    validation: Sample | None
    heads: tuple[Head, ...]
    initial: Observation | None
    settings: DebuggingConfig
    fit: FitSettings = FitSettings()
    record: Record | None = None

    @cached_property
    def standard(self) -> Standard | None:
        """What ordinary learners reach on the same rows; None where they cannot take them."""
        from soundcheck.debugging.standards import standard_of

        return standard_of(self)

    @cached_property
    def outcome(self) -> Outcome | None:
        """How well the trained model does; None before the training, and where it cannot be told."""
        from soundcheck.debugging.outcome import outcome_of

        return None if self.record is None else outcome_of(self)


Rule = Callable[[Case], Iterable[Finding]]
"""Looks at a case and yields what it finds, one finding for each place at most; its name is the rule's."""
