"""Would finer features tell more? A cheap learner on both, held against each other on the same test clips.

A network that cannot fit its training clips may be badly trained, or its features may not hold the words. A
synthetic word that differs from the others in one band passes any features; real words tell. So the same
logistic regression is fitted on summaries of the features in question and of finer ones of the same sound:
what it recognises only by the finer ones, the others have thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.training.baselines import logistic_regression

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class FeatureTrial:
    """The same learner on the features in question and on finer ones.

    Attributes:
        clips: number of test clips.
        correct: how many are recognised by the features in question.
        finer_correct: how many by the finer ones.
        only_finer: how many by the finer ones alone.
    """

    clips: int
    correct: int
    finer_correct: int
    only_finer: int

    @property
    def gain(self) -> float:
        """What the finer features add to the learner's accuracy."""
        return (self.finer_correct - self.correct) / self.clips

    @property
    def finer_are_better(self) -> bool:
        """Whether they are, beyond chance: McNemar's exact test on the clips that changed, at 5 %."""
        from scipy.stats import binomtest

        changed = 2 * self.only_finer - (self.finer_correct - self.correct)
        if not changed:
            return False
        return bool(binomtest(self.only_finer, changed, alternative="greater").pvalue < _SIGNIFICANCE)

    @property
    def sentence(self) -> str:
        """The same in plain words."""
        judged = "more" if self.finer_are_better else "no more than chance explains"
        return (
            f"Logistic regression recognises {self.finer_correct / self.clips:.3f} of {self.clips} test "
            f"clips by finer features and {self.correct / self.clips:.3f} by these: {judged}."
        )

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FeatureTrial:
        """What `to_dict` gave."""
        return cls(**values)


def try_finer_features(
    summaries: NDArray[np.floating[Any]],
    finer_summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    splits: NDArray[np.str_],
) -> FeatureTrial:
    """Fits logistic regression on the training clips' summaries of both and compares them on the test clips.

    Args:
        summaries: of the features in question, as `soundcheck.features.reading.summaries` makes them:
            (clips, 2 * bins).
        finer_summaries: of the same clips by finer features, such as `FeaturesConfig()`: (clips, 2 * bins).
        classes: class indices, (clips,).
        splits: "train" and "test" of each clip, (clips,); others are passed over.

    Raises:
        SoundcheckError: unless there is a row of each for each clip.
    """
    lengths = {len(values) for values in (summaries, finer_summaries, classes, splits)}
    if len(lengths) > 1:
        raise SoundcheckError(
            f"{len(summaries)} summaries, {len(finer_summaries)} finer ones, {len(classes)} classes and "
            f"{len(splits)} splits do not belong together; give one of each a clip"
        )
    right, finer_right = (_recognised(values, classes, splits) for values in (summaries, finer_summaries))
    return FeatureTrial(
        clips=len(right),
        correct=int(right.sum()),
        finer_correct=int(finer_right.sum()),
        only_finer=int((finer_right & ~right).sum()),
    )


def _recognised(
    summaries: NDArray[np.floating[Any]], classes: NDArray[np.integer[Any]], splits: NDArray[np.str_]
) -> NDArray[np.bool_]:
    """(test clips,) whether each is recognised."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    train, test = splits == "train", splits == "test"
    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near its optimum is good enough to compare
        learner = logistic_regression().fit(summaries[train], classes[train])
        return np.asarray(learner.predict(summaries[test]) == classes[test], np.bool_)
