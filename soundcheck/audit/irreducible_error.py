"""Irreducible error: how far the test clips themselves keep every model from being always right.

Two parts, of different standing:

- **Certain.** A model gives the same sound the same answer. Where clips of one sound carry several labels it
  is right at most for the most frequent of them: of n such clips, with n_l under label l, it misses at least
  n - max_l n_l. Clips without sound are one such group, since none of them tells its word: of the real 8000
  clips 40 are near silence, and TC-ResNet8 on speakers that it was not trained on, right for 94 % of all
  clips, was right for 15 % of these, where chance is 12.5 %.
- **Suspected.** The audit's suspects among the other clips, times the number of wrong labels that confident
  learning estimates for the whole data (what is off the diagonal of its calibrated joint) over its number of
  suspects. Confident learning takes every confident contradiction of the classifier for a wrong label, so
  that this is too much where the classifier is confidently wrong: of the 112 suspects among the real clips,
  that same TC-ResNet8 gave 42 the label that they have.

So the accuracy that no model can pass lies between 1 - (certain + suspected) / n and 1 - certain / n. The
second is a fact about the clips, the first an estimate of the worst case: a model that passes it has shown
some suspects to be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.errors import SoundcheckError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.audit.label_audit import LabelAudit

_WITHOUT_SOUND = "without sound"  # no digest: those are hexadecimal


@dataclass(frozen=True)
class IrreducibleError:
    """What keeps every model from being always right on one set of clips.

    Attributes:
        clips: how many there are.
        silent: those without sound.
        contradictions: sounds that stand under several labels.
        certain_errors: clips that any model must miss at least, from these two.
        suspects: suspected labels among the other clips.
        suspected_errors: wrong labels estimated from them.
    """

    clips: int
    silent: int
    contradictions: int
    certain_errors: int
    suspects: int
    suspected_errors: float

    @property
    def ceiling(self) -> float:
        """Accuracy that no model can pass, whatever the audit is worth."""
        return 1 - self.certain_errors / self.clips

    @property
    def lowest_ceiling(self) -> float:
        """The same if as many labels are wrong as the audit estimates."""
        return max(0.0, 1 - (self.certain_errors + self.suspected_errors) / self.clips)

    @property
    def verdict(self) -> str:
        """Both in words, with what they come from."""
        if not self.certain_errors and not self.suspects:
            return f"nothing was found that keeps a model from being right on all of these {self.clips} clips"
        certain = f"no error is certain on these {self.clips} clips"
        if self.certain_errors:
            certain = (
                f"no model can pass {self.ceiling:.3f} on these {self.clips} clips "
                f"(without sound: {self.silent}, sounds under several labels: {self.contradictions})"
            )
        if not self.suspects:
            return f"{certain}; no other label is suspected"
        return (
            f"{certain}; none can pass {self.lowest_ceiling:.3f} if the audit is right about the labels "
            f"({self.suspects} suspected, which stand for about {self.suspected_errors:.0f} wrong ones)"
        )

    def to_dict(self) -> dict[str, Any]:
        """The counts with the two ceilings and the verdict, as JSON can hold them."""
        return {
            **asdict(self),
            "ceiling": self.ceiling,
            "lowest_ceiling": self.lowest_ceiling,
            "verdict": self.verdict,
        }


def estimate_irreducible_error(
    clips: pd.DataFrame, audit: LabelAudit, is_silent: NDArray[np.bool_]
) -> Mapping[str, IrreducibleError]:
    """Estimates the irreducible error of each split.

    Args:
        clips: the rows of a manifest that were audited, in that order: `clip_digest`, `path`, `label`,
            `split`.
        audit: of these clips.
        is_silent: (clips,), the clips without sound: level below `validation.min_rms`, or no speech.

    Returns:
        For each split that has clips, by its name.

    Raises:
        SoundcheckError: where the three do not belong together.
    """
    if len(is_silent) != len(clips) or clips["path"].tolist() != audit.clips["path"].tolist():
        raise SoundcheckError(
            f"{len(clips)} clips, an audit of {len(audit.clips)} and {len(is_silent)} marks of silence do "
            "not belong together; pass the very clips that were audited, in the same order"
        )
    is_suspect = audit.clips["is_suspect"].to_numpy(np.bool_)
    suspects = np.count_nonzero(is_suspect)
    table = clips[["label", "split"]].assign(
        sound=clips["clip_digest"].where(~is_silent, _WITHOUT_SOUND), is_suspect=is_suspect
    )
    wrong_per_suspect = audit.mislabelled / suspects if suspects else 0.0
    return {str(split): _of_split(rows, wrong_per_suspect) for split, rows in table.groupby("split")}


def _of_split(rows: pd.DataFrame, wrong_per_suspect: float) -> IrreducibleError:
    import pandas as pd

    counts = pd.crosstab(rows["sound"], rows["label"])
    errors = counts.sum(axis=1) - counts.max(axis=1)
    contradictory = errors.index[(errors > 0) & (errors.index != _WITHOUT_SOUND)]
    is_silent = rows["sound"] == _WITHOUT_SOUND
    suspects = int((rows["is_suspect"] & ~is_silent & ~rows["sound"].isin(contradictory)).sum())
    return IrreducibleError(
        clips=len(rows),
        silent=int(is_silent.sum()),
        contradictions=len(contradictory),
        certain_errors=int(errors.sum()),
        suspects=suspects,
        suspected_errors=suspects * wrong_per_suspect,
    )
