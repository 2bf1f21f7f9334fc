"""A share of clips that carries its interval."""

from __future__ import annotations

from dataclasses import dataclass

from soundcheck.evaluation.metrics import wilson_interval


@dataclass(frozen=True)
class Proportion:
    """`count` of `total` clips, with Wilson's interval.

    Attributes:
        count: Clips of which something holds.
        total: Clips that were asked.
        value: Their ratio; 0 where no clip was asked, as everywhere in `soundcheck.evaluation.metrics`.
        lower: Lower end of the interval; 0 where no clip was asked.
        upper: Upper end of it; 1 where no clip was asked.
    """

    count: int
    total: int
    value: float
    lower: float
    upper: float

    def __str__(self) -> str:
        """`0.913 (0.887 to 0.934)`."""
        return f"{self.value:.3f} ({self.lower:.3f} to {self.upper:.3f})"


def proportion(count: int, total: int, confidence: float = 0.95) -> Proportion:
    """The share with its interval at a level of `confidence`.

    Raises:
        SoundcheckError: unless 0 <= count <= total.
    """
    if count == total == 0:
        return Proportion(0, 0, value=0.0, lower=0.0, upper=1.0)
    return Proportion(count, total, count / total, *wilson_interval(count, total, confidence))
