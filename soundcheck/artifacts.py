"""What passes between stages: a small, frozen name of something in the store; and the recipe that made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict

TrainStageName = Literal[
    "ingest",
    "validate",
    "spectrograms",
    "validate_spectrograms",
    "signal",
    "leakage",
    "audit",
    "baseline",
    "preflight",
    "fit",
    "debug",
    "try_fix",
    "evaluate",
    "validate_predictions",
    "error_analysis",
    "sensitivity",
]
DiagnosisStageName = Literal[
    "adopt",
    "evaluate_waveforms",
    "recompute",
    "standard_learners",
    "finer_features",
    "retrain",
    "learning_curve",
    "repeats",
]
StageName = Literal[TrainStageName, DiagnosisStageName]
Scalar = str | int | float | bool | None


class Artifact(BaseModel):
    """A stage's result in the store.

    `path` is relative to the store, so that a home that was moved keeps its results. `digest` stands
    for the content: two artifacts of equal digest are interchangeable for every stage that reads them.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    path: str
    digest: str


class Recipe(BaseModel):
    """Everything that decides a stage's result; results of equal recipes are equal.

    `inputs` holds the part of the configuration that the stage receives, by dotted name, and the
    content digests of its input artifacts; `code` the fingerprint of the stage's code; `versions` those
    of the libraries that decide the result.
    """

    model_config = ConfigDict(frozen=True)

    stage: str
    inputs: dict[str, Scalar]
    code: str
    versions: dict[str, str]

    @cached_property
    def key(self) -> str:
        """Hex SHA-256 of the recipe: the name under which its result stands in the store."""
        return digest_of(self.model_dump())

    @property
    def path(self) -> str:
        """Where in the store its result stands, once it is made."""
        return f"results/{self.stage}/{self.key}"

    def changes_since(self, earlier: Recipe) -> list[str]:
        """What differs from an earlier recipe of the same stage, in words, one entry a difference."""
        changes = _differences(earlier.inputs, self.inputs)
        changes += [] if self.code == earlier.code else ["code changed"]
        return changes + _differences(earlier.versions, self.versions)


def digest_of(content: object) -> str:
    """Hex SHA-256 of a JSON-able object in canonical form."""
    return hashlib.sha256(canonical_json(content)).hexdigest()


def canonical_json(content: object) -> bytes:
    """The one JSON text of an object: keys sorted, no blanks, UTF-8. NaN is refused by ValueError."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _differences(earlier: Mapping[str, Scalar], now: Mapping[str, Scalar]) -> list[str]:
    names = sorted({*earlier, *now})
    return [_difference(name, earlier, now) for name in names if _entry(name, earlier) != _entry(name, now)]


def _entry(name: str, settings: Mapping[str, Scalar]) -> bytes | None:
    """As it enters the key: there 1, 1.0 and true differ, and None is not the same as nothing."""
    return canonical_json(settings[name]) if name in settings else None


def _difference(name: str, earlier: Mapping[str, Scalar], now: Mapping[str, Scalar]) -> str:
    if name.endswith(".digest"):
        return f"{name.removesuffix('.digest')} changed"
    return f"{name} {earlier.get(name)} -> {now.get(name)}"
