"""Irreducible error: how far the clips themselves keep every model from being always right.

Two parts, of different standing:

- **Certain.** A model gives the same sound the same answer. Where clips of one sound carry several labels it
  is right at most for the most frequent of them: of n such clips, with n_l under label l, it misses at least
  n - max_l n_l. Clips without any sound, all samples of which are the same, are one such group, since none of
  them tells its word.
- **Estimated.** In clips that are near silence or in which nobody seems to speak, a model may hear nothing
  and guess: the most frequent label is right for its share of them. (It may hear something too: a recording
  at a very low level holds its word, as does one drowned in noise.) And the suspects of the label audit may
  all be wrong.

So the accuracy that no model can pass is at most 1 - certain / n, which is a fact about the clips, and may be
as low as 1 - (certain + estimated) / n, which is not: a model that passes it has shown some of the estimate
to be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.data.manifest import SILENCE
from soundcheck.errors import SoundcheckError

if TYPE_CHECKING:
    import pandas as pd

    from soundcheck.audit.label_audit import LabelAudit

_WITHOUT_SOUND = "without sound"  # no digest: those are hexadecimal


@dataclass(frozen=True)
class IrreducibleError:
    """What keeps every model from being always right on one set of clips.

    Attributes:
        clips: how many there are.
        soundless: those without any sound, but for those labelled so.
        contradictions: sounds that stand under several labels.
        certain_errors: clips that any model must miss at least, from these two.
        faint: clips near silence or without speech, but for those labelled so.
        faint_errors: those of them that a model misses which hears nothing in them.
        suspects: suspected labels among the other clips.
        labels_judged: whether the audit could suspect any.
    """

    clips: int
    soundless: int
    contradictions: int
    certain_errors: int
    faint: int
    faint_errors: float
    suspects: int
    labels_judged: bool

    @property
    def ceiling(self) -> float:
        """Accuracy that no model can pass."""
        return 1 - self.certain_errors / self.clips

    @property
    def lowest_ceiling(self) -> float:
        """The same if nothing can be heard in faint clips and all suspected labels are wrong."""
        return 1 - (self.certain_errors + self.faint_errors + self.suspects) / self.clips

    @property
    def verdict(self) -> str:
        """Both in words, with what they come from."""
        certain = f"no error is certain on these {self.clips} clips"
        if self.certain_errors:
            certain = (
                f"no model can pass {self.ceiling:.3f} on these {self.clips} clips (without any sound: "
                f"{self.soundless}, sounds under several labels: {self.contradictions})"
            )
        causes = (
            [f"nothing can be heard in the {self.faint} near silence or without speech"] if self.faint else []
        )
        causes += [f"all {self.suspects} suspected labels are wrong"] if self.suspects else []
        estimate = f"; if {' and '.join(causes)}, none can pass {self.lowest_ceiling:.3f}" if causes else ""
        unjudged = "" if self.labels_judged else "; wrong labels, which could not be judged, come on top"
        return f"{certain}{estimate}{unjudged}"

    def to_dict(self) -> dict[str, Any]:
        """The counts with the two ceilings and the verdict, as JSON can hold them."""
        return {
            **asdict(self),
            "ceiling": self.ceiling,
            "lowest_ceiling": self.lowest_ceiling,
            "verdict": self.verdict,
        }


def estimate_irreducible_error(
    clips: pd.DataFrame, audit: LabelAudit, min_rms: float, min_speech_contrast_db: float
) -> Mapping[str, IrreducibleError]:
    """Estimates the irreducible error of each split.

    Args:
        clips: the rows of a manifest that were audited, in that order.
        audit: of these clips.
        min_rms: a clip whose root mean square is lower is near silence; full scale is 1.
        min_speech_contrast_db: in a clip whose loud parts are less above the quiet ones nobody speaks.

    Returns:
        For each split that has clips, by its name.

    Raises:
        SoundcheckError: where clips and audit do not belong together.
    """
    if clips["path"].tolist() != audit.clips["path"].tolist():
        raise SoundcheckError(
            f"{len(clips)} clips and an audit of {len(audit.clips)} do not belong together; pass the very "
            "clips that were audited, in the same order"
        )
    constant_frames = clips["longest_constant_ms"] * clips["sample_rate_hz"] / 1000
    is_soundless = (clips["peak"] == 0) | (constant_frames > clips["frames"] - 0.5)
    is_faint = (clips["rms"] < min_rms) | (clips["speech_contrast_db"] < min_speech_contrast_db)
    table = clips[["label", "split"]].assign(
        sound=clips["clip_digest"].where(~is_soundless, _WITHOUT_SOUND),
        is_faint=is_faint & ~is_soundless & (clips["label"] != SILENCE),
        is_suspect=audit.clips["is_suspect"].to_numpy(np.bool_),
    )
    judged = audit.obstacle is None
    return {str(split): _of_split(rows, judged) for split, rows in table.groupby("split")}


def _of_split(rows: pd.DataFrame, labels_judged: bool) -> IrreducibleError:
    import pandas as pd

    counts = pd.crosstab(rows["sound"], rows["label"])
    errors = counts.sum(axis=1) - counts.max(axis=1)
    contradictory = errors.index[(errors > 0) & (errors.index != _WITHOUT_SOUND)]
    is_soundless = rows["sound"] == _WITHOUT_SOUND
    is_certain = is_soundless | rows["sound"].isin(contradictory)
    is_faint = rows["is_faint"] & ~is_certain
    faint = int(is_faint.sum())
    most_frequent = float(rows["label"].value_counts(normalize=True).max())
    return IrreducibleError(
        clips=len(rows),
        soundless=int((is_soundless & (rows["label"] != SILENCE)).sum()),
        contradictions=len(contradictory),
        certain_errors=int(errors.sum()),
        faint=faint,
        faint_errors=faint * (1 - most_frequent),
        suspects=int((rows["is_suspect"] & ~is_certain & ~is_faint).sum()),
        labels_judged=labels_judged,
    )
