"""The network against standard algorithms on the same clips: what it learnt that they cannot.

The algorithms see a clip as its summary, the mean and the deviation of each band over time. That holds
loudness, timbre and which sounds there are, but not their order: what they get wrong and the network gets
right is, for the most part, what it makes of time.

Conventions:
    All are fitted on the training clips and compared on the test clips.
    Agreement is Cohen's kappa of the answers, 1 where all are the same and 0 where they agree as often as
    their shares of labels make them. Two good classifiers agree because both are right; `error_consistency`,
    kappa of being right and wrong, says whether they fail on the same clips (R. Geirhos, K. Meding and
    F. A. Wichmann, "Beyond accuracy: quantifying trial-by-trial behaviour of CNNs and humans by measuring
    error consistency", NeurIPS 2020).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from soundcheck.audit.classifiers import small_classifier
from soundcheck.audit.folds import at_most_each
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.metrics import wilson_interval
from soundcheck.training.baselines import logistic_regression

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 10
TREES = 100
MOST_VALUES = 2**20
"""Numbers in the summaries of the training clips that are used, so that a support vector machine, whose time
grows with the square of the clips, stays within some seconds."""

_NAMED = 3  # words and confusions in the sentences
_SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Rival:
    """One algorithm beside the network, on the test clips.

    Attributes:
        name: in words.
        accuracy: share of the clips recognised.
        lower: lower end of Wilson's 95 % interval.
        upper: upper end of it.
        kappa: agreement of the answers with the network's.
        error_consistency: agreement on which clips are hard.
        both_right: clips that both recognise.
        only_network: clips that only the network recognises.
        only_rival: clips that only this algorithm recognises.
        both_wrong: clips that neither recognises.
        same_wrong: those of them with the same wrong answer.
    """

    name: str
    accuracy: float
    lower: float
    upper: float
    kappa: float
    error_consistency: float
    both_right: int
    only_network: int
    only_rival: int
    both_wrong: int
    same_wrong: int


@dataclass(frozen=True)
class StandardLearners:
    """The network beside all algorithms. Clips are places in the test clips, ascending.

    Attributes:
        rivals: the algorithms, the most accurate first.
        network_accuracy: the network's share of the test clips.
        network_interval: Wilson's 95 % interval of it.
        clips: number of test clips.
        fitted_on: number of training clips that the algorithms were fitted on.
        only_network: clips that the network recognises and no algorithm does.
        only_rivals: clips that some algorithm recognises and the network does not.
        nobody: clips that nobody recognises.
        learnt: (true label, the best algorithm's wrong answer, clips) of the clips that the network
            recognises and the best algorithm does not, the most frequent first.
    """

    rivals: tuple[Rival, ...]
    network_accuracy: float
    network_interval: tuple[float, float]
    clips: int
    fitted_on: int
    only_network: tuple[int, ...]
    only_rivals: tuple[int, ...]
    nobody: tuple[int, ...]
    learnt: tuple[tuple[str, str, int], ...]

    def sentences(self) -> tuple[str, str, str]:
        """What there is to say, in plain words."""
        best = self.rivals[0]
        confusions = ", ".join(
            f"{true!r} from {taken!r} ({count} clips)" for true, taken, count in self.learnt[:_NAMED]
        )
        learnt = f" It tells {confusions}, which that one mistakes." if confusions else ""
        gained = (
            f"{len(self.only_network)} clips only the network recognises, and no standard algorithm.{learnt}"
        )
        judged = (
            f"The network recognises {self.network_accuracy:.3f} of {self.clips} clips, the best standard "
            f"algorithm on summaries, {best.name}, {best.accuracy:.3f}: {self._judged(best)}. "
            f"They agree to a kappa of {best.kappa:.2f}."
        )
        missed = (
            f"{len(self.only_rivals)} clips it gets wrong though a standard algorithm gets them right, and "
            f"{len(self.nobody)} nobody gets right: listen to these first, their labels may be wrong."
        )
        return judged, gained, missed

    def _judged(self, best: Rival) -> str:
        """By the exact interval of the network's share of the clips that one of the two alone recognises.

        That of C. J. Clopper and E. S. Pearson (Biometrika 26 (1934)), which holds one half where McNemar's
        exact test does not tell the two apart. The more algorithms there are, of which this is the best, the
        wider it is (Bonferroni).
        """
        from scipy.stats import binomtest

        changed = best.only_network + best.only_rival
        if not changed:
            return f"they recognise the same of the {self.clips} clips"
        interval = binomtest(best.only_network, changed).proportion_ci(
            1 - _SIGNIFICANCE / len(self.rivals), method="exact"
        )
        lower, upper = ((2 * share - 1) * changed / self.clips for share in interval)
        if lower > 0 or upper < 0:
            return "the network is better" if lower > 0 else "the network is worse"
        return (
            f"no more apart than chance explains on {self.clips} clips, on which the network may be "
            f"{-lower:.3f} behind or {upper:.3f} ahead (95 % interval)"
        )

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StandardLearners:
        """What `to_dict` gave."""
        entries: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        entries["rivals"] = tuple(Rival(**rival) for rival in values["rivals"])
        entries["learnt"] = tuple((true, taken, count) for true, taken, count in values["learnt"])
        return cls(**entries)


def compare_with_standard_learners(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    splits: NDArray[np.str_],
    network: NDArray[np.integer[Any]],
    labels: Sequence[str],
    seed: int = 0,
) -> StandardLearners:
    """Fits the algorithms on the training clips and holds them against the network on the test clips.

    Args:
        summaries: means of the bands over time, then their standard deviations: (clips, 2 * bins), as
            `soundcheck.features.examples` reads them.
        classes: class indices, (clips,).
        splits: "train" and "test" of each clip, (clips,); others are passed over.
        network: the network's answers, class indices of the test clips in their order, (test clips,).
        labels: names of the classes.
        seed: of the forest, and of the draw where there are too many training clips.

    Raises:
        SoundcheckError: where the arrays do not belong together, there is no test clip, or the training clips
            have one label only.
    """
    train, test = np.flatnonzero(splits == "train"), np.flatnonzero(splits == "test")
    _validate(summaries, classes, splits, network)
    drawn = train[_drawn(classes[train], summaries.shape[1], seed)]
    answers = {
        name: _answers(learner, summaries[drawn], classes[drawn], summaries[test])
        for name, learner in tqdm(learners(seed).items(), desc="standard", disable=None, leave=False)
    }
    return compare_answers(answers, network, classes[test], labels, fitted_on=len(drawn))


def learners(seed: int) -> dict[str, Any]:
    """The algorithms by their names, not yet fitted, in the order in which they are fitted.

    The first two are baselines of `soundcheck.training.baselines`. Neighbours and support vectors, which
    measure distances, take the summaries compressed as for `soundcheck.audit.classifiers`.
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    def compressed(learner: Any) -> Any:
        return make_pipeline(small_classifier()[:-1], learner)  # its steps before the classifier

    return {
        "most frequent label": DummyClassifier(strategy="most_frequent"),
        "logistic regression": logistic_regression(),
        "nearest neighbours": compressed(KNeighborsClassifier(NEIGHBOURS, weights="distance")),
        "random forest": RandomForestClassifier(TREES, random_state=seed, n_jobs=1),
        "support vector machine": compressed(SVC(C=10)),
    }


def compare_answers(
    answers: Mapping[str, NDArray[np.integer[Any]]],
    network: NDArray[np.integer[Any]],
    true: NDArray[np.integer[Any]],
    labels: Sequence[str],
    fitted_on: int,
) -> StandardLearners:
    """Holds answers of the algorithms, (clips,) each by name, against the network's on the same clips."""
    rivals = sorted(
        (_rival(name, answer, network, true) for name, answer in answers.items()),
        key=lambda rival: -rival.accuracy,
    )
    right = network == true
    somebody = np.any([answer == true for answer in answers.values()], axis=0)
    best = answers[rivals[0].name]
    gained = right & (best != true)
    learnt: Counter[tuple[int, int]] = Counter(zip(true[gained].tolist(), best[gained].tolist(), strict=True))
    return StandardLearners(
        rivals=tuple(rivals),
        network_accuracy=float(right.mean()),
        network_interval=wilson_interval(int(right.sum()), len(right)),
        clips=len(right),
        fitted_on=fitted_on,
        only_network=_places(right & ~somebody),
        only_rivals=_places(~right & somebody),
        nobody=_places(~right & ~somebody),
        learnt=tuple((labels[one], labels[other], count) for (one, other), count in learnt.most_common()),
    )


def _rival(
    name: str,
    answers: NDArray[np.integer[Any]],
    network: NDArray[np.integer[Any]],
    true: NDArray[np.integer[Any]],
) -> Rival:
    right, network_right = answers == true, network == true
    lower, upper = wilson_interval(int(right.sum()), len(true))
    both_wrong = ~right & ~network_right
    return Rival(
        name=name,
        accuracy=float(right.mean()),
        lower=lower,
        upper=upper,
        kappa=_kappa(answers, network),
        error_consistency=_kappa(right, network_right),
        both_right=int(np.sum(right & network_right)),
        only_network=int(np.sum(~right & network_right)),
        only_rival=int(np.sum(right & ~network_right)),
        both_wrong=int(np.sum(both_wrong)),
        same_wrong=int(np.sum(both_wrong & (answers == network))),
    )


def _kappa(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Cohen's; 1 where both give one and the same answer throughout, of which scikit-learn makes NaN."""
    from sklearn.metrics import cohen_kappa_score

    if len(np.unique(np.concatenate([one, other]))) == 1:
        return 1.0
    return float(cohen_kappa_score(one, other))


def _answers(
    learner: Any,
    inputs: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    asked: NDArray[np.floating[Any]],
) -> NDArray[np.integer[Any]]:
    """To some clips, of a classifier fitted on others; one whose steps ran out is a classifier too."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return learner.fit(inputs, classes).predict(asked)


def _drawn(classes: NDArray[np.integer[Any]], columns: int, seed: int) -> NDArray[np.int64]:
    """Places of as many clips as there is time for, the rare labels whole."""
    most = MOST_VALUES // columns
    return at_most_each(classes, max(1, most // len(np.unique(classes))), seed)


def _places(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(np.flatnonzero(mask).tolist())


def _validate(
    summaries: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    splits: NDArray[np.str_],
    network: NDArray[np.integer[Any]],
) -> None:
    tested = int(np.sum(splits == "test"))
    if not len(summaries) == len(classes) == len(splits) or len(network) != tested or not tested:
        raise SoundcheckError(
            f"{len(summaries)} summaries, {len(classes)} classes, {len(splits)} splits with {tested} test "
            f"clips and {len(network)} answers of the network do not belong together; give a row a clip and "
            "an answer for each of at least one test clip"
        )
    if len(np.unique(classes[splits == "train"])) < 2:  # noqa: PLR2004
        raise SoundcheckError("the training clips have fewer than two labels; give clips of two at least")
