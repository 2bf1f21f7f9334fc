"""Predictions of every clip by a model that has not seen it, and what clips they are made for."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stratified_folds(classes: NDArray[np.integer[Any]], folds: int, seed: int) -> NDArray[np.int64]:
    """Deals the clips of each class evenly, at random.

    Args:
        classes: Class indices, (clips,).
        folds: How many parts.
        seed: Decides which clip goes where.

    Returns:
        The part of each clip, 0 to `folds` - 1, (clips,).
    """
    shuffled = np.random.default_rng(seed).permutation(len(classes))
    by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
    dealt = np.empty(len(classes), np.int64)
    dealt[by_class] = np.arange(len(classes)) % folds
    return dealt


def at_most_each(classes: NDArray[np.integer[Any]], most: int, seed: int) -> NDArray[np.int64]:
    """Draws clips so that no class has more than so many.

    Args:
        classes: Class indices, (clips,).
        most: Clips of a class; of a class that has no more, all are taken.
        seed: Decides which are taken of the others.

    Returns:
        Places of the drawn clips, ascending.
    """
    shuffled = np.random.default_rng(seed).permutation(len(classes))
    by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
    first_of_class = np.searchsorted(classes[by_class], classes[by_class])
    return np.sort(by_class[np.arange(len(classes)) - first_of_class < most])


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
        (clips, classes): a row sums to 1; zero for a class that the other folds do not hold.

    Raises:
        ValueError: by the classifier, where the other folds hold one class only.
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

    Raises:
        ValueError: by the classifier, where the other clips hold one class only.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    probabilities = np.zeros((int(held_out.sum()), int(classes.max()) + 1))
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        # A classifier whose steps ran out is a classifier all the same: what is measured is what it can do.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier = new_classifier().fit(inputs[~held_out], classes[~held_out])
        probabilities[:, classifier.classes_] = classifier.predict_proba(inputs[held_out])
    return probabilities
