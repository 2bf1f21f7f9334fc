"""Predictions: what a model says of each clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from soundcheck.errors import SoundcheckError

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

CLIP_COLUMNS = ["path", "clip_digest", "label", "speaker", "split"]
PREDICTIONS_FILE = "predictions.parquet"
PROBABILITY_PREFIX = "probability/"


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities (clips, labels) of logits of that shape; large logits do not overflow."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def predict(model: keras.Model, batches: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Probabilities of every label for every clip.

    Args:
        model: Takes features (batch, frames, bins) to logits (batch, labels).
        batches: Features, (batch, frames, bins) each, in the order that the result shall have.

    Returns:
        Probabilities, (clips, labels).

    Raises:
        SoundcheckError: where there is no batch, or the model answers with a value that is not finite.
    """
    logits = [np.asarray(model.predict_on_batch(batch)) for batch in batches]
    if not logits:
        raise SoundcheckError("there is no clip to predict; give a split that has clips")
    probabilities = softmax(np.concatenate(logits))
    if not np.isfinite(probabilities).all():
        clips = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
        raise SoundcheckError(
            f"the model's answer is not finite for {len(clips)} of {len(probabilities)} clips, the first in "
            f"row {clips[0]}; check that clip's features, and the weights of the model"
        )
    return probabilities


def predictions_table(
    rows: pd.DataFrame, probabilities: NDArray[np.float32], labels: Sequence[str]
) -> pd.DataFrame:
    """One row a clip: what it is, what the model says, and how surely.

    Args:
        rows: Rows of the manifest.
        probabilities: (clips, labels), in the order of `rows`.
        labels: Names of the classes, in the order of the columns of `probabilities`.

    Returns:
        Columns path, clip_digest, label, speaker, split, predicted, confidence (the probability of the
        predicted label), correct, and `probability/<label>` for each label.

    Raises:
        SoundcheckError: where the shape of `probabilities` is not (rows, labels).
    """
    if probabilities.shape != (len(rows), len(labels)):
        raise SoundcheckError(
            f"probabilities must have the shape {(len(rows), len(labels))}, rows by labels; "
            f"received {probabilities.shape}"
        )
    table = rows[CLIP_COLUMNS].reset_index(drop=True)
    table["predicted"] = np.asarray(labels, dtype=object)[probabilities.argmax(axis=1)]
    table["confidence"] = probabilities.max(axis=1)
    table["correct"] = table["predicted"] == table["label"]
    by_label = pd.DataFrame(probabilities, columns=[f"{PROBABILITY_PREFIX}{label}" for label in labels])
    return pd.concat([table, by_label], axis=1)
