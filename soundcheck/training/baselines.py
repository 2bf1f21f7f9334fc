"""Baselines: what a classifier reaches that knows nothing, one number, or the average spectrum.

A network that does not beat them has learned nothing worth having. Each sees a clip only as a summary: the
mean of each band over time, then its standard deviation. That cannot tell the order of sounds, so what the
network gains over logistic regression is what it makes of time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.data.manifest import SPLITS
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.gap import is_overfitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = 1e-3


@dataclass(frozen=True)
class Baseline:
    """One baseline's accuracies.

    Attributes:
        name: `most_frequent`, `stratified`, `best_feature` or `logistic_regression`.
        train_accuracy: On the clips it was fitted on.
        validation_accuracy: On the validation clips; nothing is selected by it.
        test_accuracy: On the test clips.
        overfitted: Whether the training accuracy exceeds the test accuracy by more than 0.1 and by more than
            the 95 % interval of the difference, see `soundcheck.evaluation.gap.is_overfitted`.
    """

    name: str
    train_accuracy: float
    validation_accuracy: float
    test_accuracy: float
    overfitted: bool


@dataclass(frozen=True)
class Baselines:
    """All baselines, with what there is to understand in them.

    Attributes:
        baselines: In the order most_frequent, stratified, best_feature, logistic_regression.
        best_feature: Column of the summaries that `best_feature` uses.
        best_feature_name: The same in words: `mean of band 3`.
        coefficients: Of `logistic_regression` on standardized summaries, (labels, 2 * bins): a positive one
            means that more of this speaks for that label. Zero for a label without training clips.
    """

    baselines: tuple[Baseline, ...]
    best_feature: int
    best_feature_name: str
    coefficients: NDArray[np.float64]

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return {**asdict(self), "coefficients": self.coefficients.tolist()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Baselines:
        """What `to_dict` gave."""
        return cls(
            baselines=tuple(Baseline(**baseline) for baseline in values["baselines"]),
            best_feature=values["best_feature"],
            best_feature_name=values["best_feature_name"],
            coefficients=np.array(values["coefficients"], dtype=np.float64),
        )


def fit_baselines(
    summaries: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
    splits: NDArray[np.str_],
    seed: int,
) -> Baselines:
    """Fits every baseline on the training clips and measures it on all three splits.

    Args:
        summaries: Means of the bands over time, then their standard deviations: (clips, 2 * bins).
        labels: Class indices, (clips,).
        splits: "train", "validation" or "test" for each clip, (clips,); other clips are passed over.
        seed: Seed of the stratified guesses.

    Raises:
        SoundcheckError: where a split is empty, the training clips have one label only or no summary varies
            over them.
    """
    from sklearn.dummy import DummyClassifier
    from threadpoolctl import threadpool_limits

    _validate(summaries, labels, splits)
    train = splits == "train"
    column = _most_predictive(summaries[train], labels[train])
    classifiers: dict[str, tuple[Any, NDArray[np.floating[Any]]]] = {
        "most_frequent": (DummyClassifier(strategy="most_frequent"), summaries),
        "stratified": (DummyClassifier(strategy="stratified", random_state=seed), summaries),
        "best_feature": (logistic_regression(), summaries[:, [column]]),
        "logistic_regression": (logistic_regression(), summaries),
    }
    with threadpool_limits(1, user_api="blas"):  # these products are small: threads would wait for each other
        for classifier, inputs in classifiers.values():
            classifier.fit(inputs[train], labels[train])
    return Baselines(
        baselines=tuple(
            _measure(name, classifier.predict(inputs) == labels, splits)
            for name, (classifier, inputs) in classifiers.items()
        ),
        best_feature=column,
        best_feature_name=_feature_name(column, summaries.shape[1] // 2),
        coefficients=_coefficients(classifiers["logistic_regression"][0][-1], int(labels.max()) + 1),
    )


def _validate(
    summaries: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]], splits: NDArray[np.str_]
) -> None:
    if summaries.ndim != 2 or not len(summaries) == len(labels) == len(splits):  # noqa: PLR2004
        raise SoundcheckError(
            f"summaries of shape {summaries.shape}, {len(labels)} labels and {len(splits)} splits do not "
            "belong together; give one row, one label and one split a clip"
        )
    for split in SPLITS:
        if split not in splits:
            raise SoundcheckError(
                f"there is no clip in the split {split!r}: give more clips, or change "
                "data.validation_fraction and data.test_fraction"
            )
    if len(np.unique(labels[splits == "train"])) == 1:
        raise SoundcheckError("the training clips have one label only; give clips of at least two")


def _most_predictive(summaries: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]]) -> int:
    """The column whose means differ most between the labels: the F statistic of an analysis of variance."""
    from sklearn.feature_selection import f_classif

    varying = np.flatnonzero(np.ptp(summaries, axis=0) > 0)
    if not len(varying):
        raise SoundcheckError("no summary varies over the training clips; are all of them silent?")
    with np.errstate(divide="ignore"):  # a column that is constant within every label has an infinite F
        statistics, _ = f_classif(summaries[:, varying], labels)
    return int(varying[np.argmax(statistics)])


def logistic_regression() -> Any:
    """The classifier of the baseline `logistic_regression`, not yet fitted: it standardizes its inputs."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(tol=TOLERANCE))


def _measure(name: str, correct: NDArray[np.bool_], splits: NDArray[np.str_]) -> Baseline:
    train, validation, test = (correct[splits == split] for split in SPLITS)
    return Baseline(
        name=name,
        train_accuracy=float(np.mean(train)),
        validation_accuracy=float(np.mean(validation)),
        test_accuracy=float(np.mean(test)),
        overfitted=is_overfitted(train, test),
    )


def _feature_name(column: int, bins: int) -> str:
    return f"mean of band {column}" if column < bins else f"deviation of band {column - bins}"


def _coefficients(regression: Any, label_count: int) -> NDArray[np.float64]:
    """One row a label; of two labels scikit-learn fits one row, whose halves are those of a softmax."""
    fitted = regression.coef_
    if len(fitted) == 1:
        fitted = np.vstack([-fitted, fitted]) / 2
    coefficients = np.zeros((label_count, fitted.shape[1]), dtype=np.float64)
    coefficients[regression.classes_] = fitted
    return coefficients
