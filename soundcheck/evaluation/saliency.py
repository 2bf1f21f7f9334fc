"""Saliency: which points of a clip's features speak for a label, and which against it.

Integrated gradients: M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML
2017, arXiv:1703.01365. Grad-CAM is not offered: where a network convolves over time alone and halves the
frames several times, its map is a few broad stripes without a frequency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.errors import SoundcheckError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

    Explain = Callable[..., tuple[tf.Tensor, tf.Tensor]]

STEPS = 64
"""Sundararajan et al. (section 5) find 20 to 300 enough."""

COMPLETE_WITHIN = 0.05
"""What they ask of the sum of the attributions, as a share of the difference that it stands for."""

_LEAST_DIFFERENCE = 1.0
"""Logits: a label e times as probable as before. Shares of smaller differences say nothing."""

_MOST_PARTS = 8


@dataclass(frozen=True, eq=False)
class Saliency:
    """Attributions of some clips.

    Attributes:
        attributions: (clips, frames, bins), in logits: what each point adds to the logit that is explained,
            compared with the baseline.
        differences: (clips,): that logit of the clip, minus that of the baseline.
        errors: (clips,): by how much the attributions of a clip fail to sum to its difference, in absolute
            value, as a share of it (of one logit, where the difference is smaller).
    """

    attributions: NDArray[np.float32]
    differences: NDArray[np.float64]
    errors: NDArray[np.float64]

    @property
    def is_complete(self) -> NDArray[np.bool_]:
        """Whether the error of each clip is within `COMPLETE_WITHIN`; if not, use more steps. (clips,)."""
        return self.errors <= COMPLETE_WITHIN


def silence_features(features: FeaturesConfig, sample_rate_hz: int) -> NDArray[np.float32]:
    """What the model sees of a clip of zeros, (frames, bins): a baseline with nothing in it.

    Points that are silent themselves then have no attribution.
    """
    from soundcheck.features.spectrogram import compute, geometry

    zeros = np.zeros((1, geometry(features, sample_rate_hz).clip_length), np.float32)
    return compute(zeros, features, sample_rate_hz)[0]


def integrated_gradients(
    model: keras.Model,
    features: NDArray[np.float32],
    baseline: NDArray[np.float32],
    classes: NDArray[np.integer[Any]],
    against: NDArray[np.integer[Any]] | None = None,
    steps: int = STEPS,
) -> Saliency:
    """Attributes a logit, or the difference of two, to the points of the features.

    Args:
        model: Takes features (batch, frames, bins) to logits (batch, labels).
        features: (clips, frames, bins).
        baseline: What the clips are compared with: (frames, bins) as `silence_features` gives it, or (bins,)
            as the means of the training clips.
        classes: The class of each clip whose logit is explained, (clips,).
        against: A class of each clip whose logit is taken off it, (clips,): of a mistake the true one, to see
            what made the model prefer the other. Softmax knows logits by their differences alone.
        steps: Into so many the path from the baseline to the clip is cut, whose integral is taken by
            trapezoids; up to 8 times as many for clips whose attributions would not be complete.

    Raises:
        SoundcheckError: for arrays that do not fit each other, or fewer than one step.
    """
    _check(features, baseline, classes, against, steps)
    labels = int(model.output_shape[-1])
    directions = np.eye(labels, dtype=np.float32)[classes]
    if against is not None:
        directions -= np.eye(labels, dtype=np.float32)[against]
    explain = _explainer(model, steps)
    start = np.broadcast_to(baseline, features.shape[1:]).astype(np.float32)
    explained = [
        _attribute(explain, start, clip, direction)
        for clip, direction in zip(features, directions, strict=True)
    ]
    return Saliency(
        attributions=np.array([one.attribution for one in explained], np.float32).reshape(features.shape),
        differences=np.array([one.difference for one in explained], np.float64),
        errors=np.array([one.error for one in explained], np.float64),
    )


@dataclass(frozen=True, eq=False)
class _Attribution:
    """The attributions of one clip (frames, bins), and what they should sum to."""

    attribution: NDArray[np.float64]
    difference: float

    @property
    def error(self) -> float:
        gap = abs(float(self.attribution.sum()) - self.difference)
        return gap / max(abs(self.difference), _LEAST_DIFFERENCE)


def _attribute(
    explain: Explain, start: NDArray[np.float32], clip: NDArray[np.float32], direction: NDArray[np.float32]
) -> _Attribution:
    """The whole path at once; if its steps are too long, both halves of it one after the other, and so on."""
    parts = 1
    while True:
        found = _along(explain, start, clip, direction, parts)
        if found.error <= COMPLETE_WITHIN or parts == _MOST_PARTS:
            return found
        parts *= 2


def _along(
    explain: Explain,
    start: NDArray[np.float32],
    clip: NDArray[np.float32],
    direction: NDArray[np.float32],
    parts: int,
) -> _Attribution:
    corners = [start + (clip - start) * np.float32(part / parts) for part in range(parts + 1)]
    attribution, difference = np.zeros(clip.shape), 0.0
    for one, other in pairwise(corners):
        of_part, difference_of_part = explain(one, other, direction)
        attribution += of_part.numpy()
        difference += float(difference_of_part)
    return _Attribution(attribution, difference)


def _explainer(model: keras.Model, steps: int) -> Explain:
    """From one point (frames, bins) to another: the attributions, and by how much they differ.

    All steps are one batch. What is explained is the sum of the logits, weighted with a direction (labels,).
    """
    import keras
    import tensorflow as tf

    fractions = tf.reshape(tf.linspace(0.0, 1.0, steps + 1), (-1, 1, 1))
    weights = np.full((steps + 1, 1, 1), 1 / steps, np.float32)
    weights[[0, -1]] /= 2

    @tf.function  # pyright: ignore[reportUntypedFunctionDecorator]
    def explain(one: tf.Tensor, other: tf.Tensor, direction: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        points = one + fractions * (other - one)
        with tf.GradientTape() as tape:
            tape.watch(points)
            # A functional model gives its one output as it is; the same model loaded from a file, in a list.
            [logits] = keras.tree.flatten(model(points, training=False))
            explained = tf.linalg.matvec(logits, direction)
        gradients: tf.Tensor = tape.gradient(explained, points)  # pyright: ignore[reportAssignmentType]
        mean_gradient = tf.reduce_sum(weights * gradients, axis=0)
        return (other - one) * mean_gradient, explained[-1] - explained[0]

    def of_arrays(*arrays: NDArray[np.float32]) -> tuple[tf.Tensor, tf.Tensor]:
        return explain(*(tf.constant(array, tf.float32) for array in arrays))

    return of_arrays


def _check(
    features: NDArray[np.float32],
    baseline: NDArray[np.float32],
    classes: NDArray[np.integer[Any]],
    against: NDArray[np.integer[Any]] | None,
    steps: int,
) -> None:
    for name, indices in (("classes", classes), ("against", against)):
        if indices is not None and indices.shape != features.shape[:1]:
            raise SoundcheckError(
                f"{name} has shape {indices.shape}, features {features.shape}; give one class for each clip"
            )
    if baseline.shape not in (features.shape[1:], features.shape[2:]):
        raise SoundcheckError(
            f"baseline must have the shape {features.shape[1:]} or {features.shape[2:]}, frames and bins or "
            f"bins alone; received {baseline.shape}"
        )
    if steps < 1:
        raise SoundcheckError(f"steps must be at least 1; received {steps}")
