"""The examination of one training: what was found, and how well it went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from soundcheck.artifacts import canonical_json
from soundcheck.debugging.findings import Finding

EXAMINATION_FILE = "examination.json"


@dataclass(frozen=True)
class Examination:
    """How a training went.

    Attributes:
        findings: what is wrong, the likely root cause first.
        training_skill: on rows of the training data, from 1 (perfect) over 0 (no better than a constant), see
            `soundcheck.debugging.outcome.skill`; None where that cannot be told, or is no number.
        standard_skill: what the best ordinary learner reaches on rows that it has not seen.
        poor: whether the training surely went badly, see `soundcheck.debugging.outcome.outcome_of`.
    """

    findings: tuple[Finding, ...]
    training_skill: float | None
    standard_skill: float | None
    poor: bool

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self) | {"findings": [finding.as_json() for finding in self.findings]}

    def save(self, folder: Path) -> None:
        """Writes `examination.json` into an existing folder."""
        (folder / EXAMINATION_FILE).write_bytes(canonical_json(self.to_dict()))

    @classmethod
    def load(cls, folder: Path) -> Examination:
        """What `save` wrote."""
        return cls.from_dict(json.loads((folder / EXAMINATION_FILE).read_bytes()))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Examination:
        """What `to_dict` gave."""
        findings: dict[str, Any] = {"findings": tuple(map(Finding.from_json, values["findings"]))}
        return cls(**(dict(values) | findings))
