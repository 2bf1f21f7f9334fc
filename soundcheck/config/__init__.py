"""The one configuration of Soundcheck: frozen sections, unknown keys rejected, units in names.

This module holds values and nothing that computes a result from them, so that the code fingerprint
of a stage need not contain it: what a stage receives enters its cache key as values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from soundcheck.config.analysis import AnalysisConfig
from soundcheck.config.data import MINI_SPEECH_COMMANDS, SYNTHETIC, DataConfig, SyntheticConfig
from soundcheck.config.debugging import DebuggingConfig
from soundcheck.config.features import FeaturesConfig
from soundcheck.config.section import MAX_SEED, Section
from soundcheck.config.validation import PredictionChecksConfig, SpectrogramChecksConfig, ValidationConfig
from soundcheck.errors import ConfigError, nearest

__all__ = [
    "MINI_SPEECH_COMMANDS",
    "PRESETS",
    "SYNTHETIC",
    "AnalysisConfig",
    "AuditConfig",
    "Config",
    "DataConfig",
    "DebuggingConfig",
    "EvaluationConfig",
    "FeaturesConfig",
    "ModelConfig",
    "PredictionChecksConfig",
    "RegistryConfig",
    "SpectrogramChecksConfig",
    "SyntheticConfig",
    "TrainingConfig",
    "ValidationConfig",
    "flatten",
    "quick",
    "reference",
    "validated",
    "with_settings",
]


class ModelConfig(Section):
    """Which architecture, and how wide."""

    name: Literal["reference_cnn", "tc_resnet8"] = Field(
        default="tc_resnet8", description="A module of `soundcheck.models`."
    )
    width: float = Field(
        default=1.0,
        ge=0.1,
        le=8,
        description="Multiplies the number of channels and units of each hidden layer.",
    )


class TrainingConfig(Section):
    """How the weights are found."""

    epochs: int = Field(default=12, ge=1, le=100_000, description="Passes over the training clips.")
    batch_size: int = Field(default=32, ge=1, le=65_536, description="Clips in a batch.")
    learning_rate: float = Field(default=0.005, gt=0, le=10, description="Adam's (initial) learning rate.")
    learning_rate_schedule: Literal["constant", "cosine"] = Field(
        default="cosine", description="`cosine` falls to zero at the last step."
    )
    seed: int = Field(
        default=0, ge=0, le=MAX_SEED, description="Seed of the initial weights, dropout and order of clips."
    )


class EvaluationConfig(Section):
    """How the result is reported."""

    confidence: float = Field(
        default=0.95, gt=0, lt=1, description="Level of the intervals of the accuracies."
    )


class AuditConfig(Section):
    """How likely wrong labels are looked for."""

    folds: int = Field(
        default=5,
        ge=2,
        le=10,
        description="Each clip is judged by a classifier of the other folds; a speaker is in one fold.",
    )
    snippets: int = Field(
        default=512,
        ge=16,
        le=1024,
        description="Pieces of sound that clips are compared with; twice as many take twice the time.",
    )
    seed: int = Field(default=0, ge=0, le=MAX_SEED, description="Decides which snippets.")


class RegistryConfig(Section):
    """When a model becomes a version, and a version the champion."""

    min_comparable_clips: int = Field(
        default=100,
        ge=1,
        description="Fewest clips that neither model was trained or selected on for a comparison to count.",
    )


class Config(Section):
    """Everything that decides a training run."""

    data: DataConfig = Field(default=DataConfig(), description="Where the clips come from.")
    validation: ValidationConfig = Field(
        default=ValidationConfig(), description="Thresholds of the expectations on the clips."
    )
    features: FeaturesConfig = Field(default=FeaturesConfig(), description="What the model sees of a clip.")
    model: ModelConfig = Field(default=ModelConfig(), description="The architecture.")
    training: TrainingConfig = Field(default=TrainingConfig(), description="The fit.")
    evaluation: EvaluationConfig = Field(default=EvaluationConfig(), description="The report.")
    audit: AuditConfig = Field(default=AuditConfig(), description="The search for wrong labels.")
    analysis: AnalysisConfig = Field(
        default=AnalysisConfig(), description="What is asked of the trained model after its evaluation."
    )
    debugging: DebuggingConfig = Field(
        default=DebuggingConfig(), description="Thresholds of the rules that say why a model is bad."
    )
    registry: RegistryConfig = Field(default=RegistryConfig(), description="The gate.")

    @model_validator(mode="after")
    def _consistent(self) -> Config:
        nyquist_hz = self.data.sample_rate_hz / 2
        if self.features.kind == "log_mel" and self.features.upper_edge_hz > nyquist_hz:
            raise ValueError(
                f"features.upper_edge_hz={self.features.upper_edge_hz:g} is above half of "
                f"data.sample_rate_hz={self.data.sample_rate_hz}"
            )
        return self


def quick() -> Config:
    """TC-ResNet8 on log-mel, for a few epochs, speakers disjoint: the defaults.

    `soundcheck train --data mini_speech_commands`: 0.928 test accuracy, the mean of three seeds
    (`benchmarks/storage.py`), in about a minute on two cores.
    """
    return Config()


def reference() -> Config:
    """The CNN of TensorFlow's tutorial "Simple audio recognition", trained as there.

    `soundcheck train --data mini_speech_commands --preset reference`; on the real 8000 clips the
    tutorial's own way gave 0.835 and 0.853 on two random splits.
    """
    return Config.model_validate(
        {
            "data": {"split": "random"},
            "features": {"kind": "stft"},
            "model": {"name": "reference_cnn"},
            "training": {
                "epochs": 10,
                "batch_size": 64,
                "learning_rate": 0.001,
                "learning_rate_schedule": "constant",
            },
        }
    )


PRESETS: Mapping[str, Callable[[], Config]] = {"quick": quick, "reference": reference}


def with_settings(config: Config, settings: Iterable[str]) -> Config:
    """`config` with settings such as `training.epochs=20` applied.

    Fields that `config` left at their defaults follow the new settings, so that `features.kind=stft`
    brings the frames of an STFT with it.

    Raises:
        ConfigError: for a key that does not exist (the nearest known one is named), a setting without
            `=`, or a value that its field refuses.
    """
    values = config.model_dump(exclude_unset=True)
    known = tuple(flatten(config))
    for setting in settings:
        key, separator, text = setting.partition("=")
        if not separator:
            raise ConfigError(f"--set {setting!r} has no '='; write it as --set training.epochs=20")
        if key not in known:
            raise ConfigError(f"unknown configuration key {key!r}{nearest(key, known)}")
        _assign(values, key.split("."), text)
    return validated(values)


def validated(values: Mapping[str, Any]) -> Config:
    """The configuration that a mapping describes.

    Raises:
        ConfigError: names each key that is unknown or refused, with the value received.
    """
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        # A default that could not be found because of another problem is not one of its own.
        problems = [one for one in error.errors() if one["type"] != "default_factory_not_called"]
        raise ConfigError("; ".join(map(_explained, problems))) from error


def flatten(section: BaseModel, prefix: str = "") -> dict[str, Any]:
    """`{"training.epochs": 15, ...}`: every leaf of a configuration under its dotted name.

    Names in a list stand with commas between them, as `--set` takes them.
    """
    flat: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = ",".join(value) if isinstance(value, tuple) else value
    return flat


def _assign(values: dict[str, Any], path: list[str], value: str) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value


def _explained(problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown configuration key {key!r}{nearest(key, flatten(Config()))}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{key}={problem['input']!r}: {message}" if key and problem["type"] != "value_error" else message
