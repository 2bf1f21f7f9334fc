"""What a checkpoint found, as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

Severity = Literal["critical", "warning", "info"]
FILE = "outcome.json"
DATA_DOCS = "data_docs"
EXAMPLES_KEPT = 200
EXAMPLES_IN_MESSAGE = 5


@dataclass(frozen=True)
class Check:
    """One expectation and what became of it.

    Attributes:
        expectation: its type, with the columns that it looks at in parentheses.
        severity: `critical` stops the flow.
        success: whether it holds.
        description: what was expected, as a sentence.
        unexpected_count: how many of the `element_count` things looked at are not as expected.
        element_count: rows; labels or speakers where these are counted; 1 for a property of the whole
            table.
        examples: up to 200 of the unexpected: the `value`, with the `path` of the clip, the `label`, or the
            `name` of what else has it.
        failing_paths: the paths of all unexpected rows, in the order of the examples.
        setting: the field of the configuration that says how much is too much, or "".
    """

    expectation: str
    severity: Severity
    success: bool
    description: str
    unexpected_count: int
    element_count: int
    examples: tuple[dict[str, Any], ...]
    failing_paths: tuple[str, ...]
    setting: str = ""

    def in_words(self) -> str:
        """The expectation, the count, up to five examples and the setting, on one line."""
        shown = "; ".join(_example_in_words(example) for example in self.examples[:EXAMPLES_IN_MESSAGE])
        rest = self.unexpected_count - min(len(self.examples), EXAMPLES_IN_MESSAGE)
        more = f"; and {rest} more" if rest > 0 else ""
        way_out = f" ({self.way_out()})" if self.setting else ""
        return (
            f"{self.expectation}: {self.description} "
            f"Unexpected: {self.unexpected_count} of {self.element_count} ({shown}{more}){way_out}"
        )

    def way_out(self) -> str:
        """How to ask for more or less on the command line, where there is a setting."""
        return f"--set {self.setting}=..." if self.setting else ""

    def in_short(self) -> str:
        """What was expected, and of how many it does not hold."""
        return f"{self.description} Not so: {self.unexpected_count} of {self.element_count}."


@dataclass(frozen=True)
class Outcome:
    """What a checkpoint found.

    Attributes:
        name: of the checkpoint.
        success: whether no critical expectation failed.
        checks: one an expectation, in the order of the suites.
    """

    name: str
    success: bool
    checks: tuple[Check, ...]

    def failures(self, severity: Severity) -> tuple[Check, ...]:
        """The failed checks of one severity."""
        return tuple(check for check in self.checks if not check.success and check.severity == severity)

    def message(self) -> str:
        """The critical failures, each on a line with its count and examples; empty where there are none."""
        failures = self.failures("critical")
        if not failures:
            return ""
        counted = "1 critical expectation" if len(failures) == 1 else f"{len(failures)} critical expectations"
        return "\n".join([f"{self.name}: {counted} failed", *(f"  {check.in_words()}" for check in failures)])

    def summary(self) -> str:
        """How many expectations hold, and how many do not, by severity; a few words."""
        critical, warnings = self.failures("critical"), self.failures("warning")
        held = len(self.checks) - len(critical) - len(warnings)
        failed = f"{len(critical)} critical, {len(warnings)} warnings"
        return f"{held} of {len(self.checks)} expectations hold, {failed}"

    def save(self, folder: Path) -> None:
        """Writes the outcome into a folder."""
        (folder / FILE).write_text(json.dumps(self.to_dict(), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The outcome that `save` wrote."""
        return cls.from_dict(json.loads((folder / FILE).read_bytes()))

    def to_dict(self) -> dict[str, Any]:
        """The outcome as values that JSON knows."""
        values = asdict(self)
        for check in values["checks"]:
            check["examples"], check["failing_paths"] = list(check["examples"]), list(check["failing_paths"])
        return {**values, "checks": list(values["checks"])}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The outcome that `to_dict` wrote."""
        return cls(values["name"], values["success"], tuple(_check(check) for check in values["checks"]))


def value_in_words(value: object) -> str:
    """A value of an example: numbers with four digits."""
    if value is None:
        return "missing"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _check(values: Mapping[str, Any]) -> Check:
    plain = dict(values)
    examples, paths = tuple(plain.pop("examples")), tuple(plain.pop("failing_paths"))
    return Check(**plain, examples=examples, failing_paths=paths)


def _example_in_words(example: Mapping[str, Any]) -> str:
    where = example.get("path") or example.get("label") or example.get("name") or "found"
    return f"{where}: {value_in_words(example['value'])}"
