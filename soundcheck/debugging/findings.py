"""What is said about a training: findings, each with a cause, its evidence and the change to make."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from typing import Any, Literal


class Severity(IntEnum):
    """How much a finding matters; greater is worse."""

    INFO = 1
    """Worth knowing; nothing has to change."""
    WARNING = 2
    """It hurts: the model would be better without it."""
    ERROR = 3
    """The model cannot learn what it is meant to."""

    def __str__(self) -> str:
        return self.name.lower()


class Cause(StrEnum):
    """Every cause that Soundcheck names."""

    # Loss, output and labels do not fit.
    COMPILE_ARGUMENTS = "compile_arguments"
    LABEL_ENCODING = "label_encoding"
    LOSS_FUNCTION = "loss_function"
    OUTPUT_ACTIVATION = "output_activation"
    OUTPUT_UNITS = "output_units"
    METRIC = "metric"
    # Architecture.
    HIDDEN_ACTIVATION = "hidden_activation"
    LAYER_DISCONNECTED = "layer_disconnected"
    LAYER_FROZEN = "layer_frozen"
    CAPACITY_TOO_SMALL = "capacity_too_small"
    CAPACITY_TOO_LARGE = "capacity_too_large"
    LAYER_MISUSE = "layer_misuse"
    # Optimisation.
    LEARNING_RATE_HIGH = "learning_rate_high"
    LEARNING_RATE_LOW = "learning_rate_low"
    OPTIMIZER = "optimizer"
    EPOCHS_TOO_FEW = "epochs_too_few"
    EPOCHS_TOO_MANY = "epochs_too_many"
    BATCH_SIZE = "batch_size"
    SCHEDULE = "schedule"
    # Data.
    INPUT_NOT_NORMALISED = "input_not_normalised"
    TARGET_NOT_NORMALISED = "target_not_normalised"
    NON_FINITE_DATA = "non_finite_data"
    CONSTANT_FEATURE = "constant_feature"
    LABELS_UNRELATED = "labels_unrelated"
    CLASS_IMBALANCE = "class_imbalance"
    DATA_NOT_SHUFFLED = "data_not_shuffled"
    WRONG_AXIS = "wrong_axis"
    DISTRIBUTION_SHIFT = "distribution_shift"
    DATA_LEAK = "data_leak"
    # Weights and gradients.
    INITIALISATION = "initialisation"
    DEAD_UNITS = "dead_units"
    VANISHING_GRADIENT = "vanishing_gradient"
    EXPLODING_GRADIENT = "exploding_gradient"
    SATURATION = "saturation"
    UNCHANGED_WEIGHTS = "unchanged_weights"
    # Regularisation.
    DROPOUT = "dropout"
    BATCH_NORMALISATION = "batch_normalisation"
    WEIGHT_PENALTY = "weight_penalty"
    OVERFITTING = "overfitting"
    UNDERFITTING = "underfitting"
    OSCILLATION = "oscillation"
    PLATEAU = "plateau"


@dataclass(frozen=True)
class Where:
    """The place of the fault: a layer, an argument of `compile` or `fit`, or the data."""

    kind: Literal["layer", "argument", "data", "model"]
    name: str


@dataclass(frozen=True)
class Evidence:
    """What was measured, the threshold it is held against, and at which step (None: before the training)."""

    name: str
    value: float
    threshold: float | None = None
    step: int | None = None


@dataclass(frozen=True)
class Finding:
    """One fault, as the person who trains the model should read it.

    Attributes:
        rule: name of the rule that found it.
        severity: see `Severity`.
        cause: see `Cause`.
        where: the layer, argument or data at fault.
        evidence: what was measured, the most telling first.
        message: what is wrong and why it hurts, in plain words; one or two sentences with the numbers.
        remedy: the change to make, an imperative with names and values.
    """

    rule: str
    severity: Severity
    cause: Cause
    where: Where
    evidence: tuple[Evidence, ...]
    message: str
    remedy: str

    def as_json(self) -> dict[str, Any]:
        """As plain values; what is not finite becomes "nan", "inf" or "-inf"."""
        plain = asdict(self)
        plain["severity"], plain["cause"] = str(self.severity), str(self.cause)
        plain["evidence"] = [
            {name: _plain(value) for name, value in one.items()} for one in plain["evidence"]
        ]
        return plain

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Finding:
        """What `as_json` gave."""
        restored: dict[str, Any] = {
            "severity": Severity[values["severity"].upper()],
            "cause": Cause(values["cause"]),
            "where": Where(**values["where"]),
            "evidence": tuple(_evidence(one) for one in values["evidence"]),
        }
        return cls(**(dict(values) | restored))

    def __str__(self) -> str:
        place = f"{self.where.kind} {self.where.name}"
        return f"{self.severity}: {self.cause} ({place})\n  {self.message}\n  Change: {self.remedy}"


def headline(findings: Sequence[Finding]) -> str:
    """The findings on one line: how many there are, and what the first one says."""
    if not findings:
        return "no fault found"
    first = findings[0]
    count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings, the likely cause first"
    return f"{count}: {first.cause} ({first.severity}): {first.message}"


def _evidence(values: Mapping[str, Any]) -> Evidence:
    threshold = values["threshold"]
    return Evidence(
        values["name"],
        float(values["value"]),
        None if threshold is None else float(threshold),
        values["step"],
    )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
