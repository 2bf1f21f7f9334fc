"""The cheapest classifiers of summaries, linear ones, and what they say of clips that they have not seen."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOLERANCE = 1e-3  # of the gradient, as for the baselines


def small_classifier() -> Any:
    """Multinomial logistic regression on compressed summaries, not yet fitted."""
    from sklearn.linear_model import LogisticRegression

    return _on_compressed(LogisticRegression(tol=_TOLERANCE))


def many_classes_classifier() -> Any:
    """Fisher's linear discriminant on compressed summaries: as cheap for hundreds of classes as for two."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return _on_compressed(LinearDiscriminantAnalysis())


def held_out_probabilities(
    new_classifier: Callable[[], Any],
    inputs: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    folds: NDArray[np.integer[Any]],
) -> NDArray[np.float64]:
    """Probabilities of each clip's classes by a classifier fitted on the clips of all other folds.

    Args:
        new_classifier: Makes a classifier of scikit-learn's kind that has not been fitted.
        inputs: (clips, columns).
        classes: Class indices, (clips,).
        folds: The fold of each clip, (clips,).

    Returns:
        (clips, classes): a row sums to 1; zero for a class that the other folds do not hold, and all zero
        where there is no other fold.
    """
    probabilities = np.zeros((len(inputs), int(classes.max()) + 1))
    for fold in np.unique(folds):
        probabilities[folds == fold] = probabilities_of(new_classifier, inputs, classes, folds == fold)
    return probabilities


def probabilities_of(
    new_classifier: Callable[[], Any],
    inputs: NDArray[np.floating[Any]],
    classes: NDArray[np.integer[Any]],
    held_out: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Probabilities of the held-out clips' classes by a classifier fitted on the others.

    Args:
        new_classifier: Makes a classifier of scikit-learn's kind that has not been fitted.
        inputs: (clips, columns).
        classes: Class indices, (clips,).
        held_out: Which clips are held out, (clips,).

    Returns:
        (clips held out, classes), as of `held_out_probabilities`.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    probabilities = np.zeros((int(held_out.sum()), int(classes.max()) + 1))
    known = np.unique(classes[~held_out])
    if len(known) < 2:  # noqa: PLR2004  # nothing to fit: what alone is known is the answer
        probabilities[:, known] = 1
        return probabilities
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        # A classifier whose steps ran out is a classifier all the same: what is measured is what it can do.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes")  # of many labels with few clips
        classifier = new_classifier().fit(inputs[~held_out], classes[~held_out])
        probabilities[:, classifier.classes_] = classifier.predict_proba(inputs[held_out])
    return probabilities


def _on_compressed(classifier: Any) -> Any:
    """Standardized, then arcsinh: linear near the mean, logarithmic far from it.

    Magnitudes have long tails: without this a linear model is surest of loud clips, whatever their word.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    return make_pipeline(StandardScaler(), FunctionTransformer(np.arcsinh), StandardScaler(), classifier)
