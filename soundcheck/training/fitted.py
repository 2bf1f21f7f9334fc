"""A network after fitting: what it is, its digest, and how it lies in a folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.debugging.record import Record
from soundcheck.errors import SoundcheckError

if TYPE_CHECKING:
    import keras
    import pandas as pd

MODEL_FILE = "model.keras"
HISTORY_FILE = "history.parquet"
FITTED_FILE = "fitted.json"
RECORD_FILE = "training_record.json"
ARCHITECTURE_FILE = "architecture.txt"
SUMMARY_WIDTH = 120


@dataclass(frozen=True)
class Fitted:
    """A network with the weights of its best epoch, and how it came by them.

    Attributes:
        model: Takes features (batch, frames, bins) to logits (batch, labels). It is not compiled: an
            optimizer's state would belong to the last epoch, not to the best.
        history: One row an epoch, with the columns epoch (from 1), train_loss, train_accuracy,
            validation_loss, validation_accuracy, test_loss, test_accuracy, learning_rate, seconds. The
            training columns are running averages over the epoch, with dropout on and while the weights move;
            the others are of the weights at its end, without dropout. `learning_rate` is that of the
            epoch's first step; `seconds` is wall time with both evaluations.
        best_epoch: The epoch, from 1, whose weights `model` has; chosen by validation alone.
        optimizer: The settings of the optimizer as Keras reports them, as flat scalars.
        record: What went on in the layers at some of the steps.
    """

    model: keras.Model
    history: pd.DataFrame
    best_epoch: int
    optimizer: dict[str, object]
    record: Record


class TrainingDivergedError(SoundcheckError):
    """A training whose loss is not finite.

    Attributes:
        fitted: The training up to there, with its last weights in place of the best ones.
    """

    def __init__(self, message: str, fitted: Fitted) -> None:
        super().__init__(message)
        self.fitted = fitted


def weights_digest(model: keras.Model) -> str:
    """SHA-256, in hex, of a model's architecture and weights.

    Canonical, where a `.keras` file is not: the file holds dates, and the settings of the optimizer. Equal
    for two models made at different times or in different processes, as long as their layers are named.
    """
    digest = hashlib.sha256()
    digest.update(json.dumps(model.get_config(), sort_keys=True, default=str).encode())
    for variable in model.weights:
        values = variable.numpy()
        digest.update(json.dumps([variable.path, values.shape, str(values.dtype)]).encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def save_fitted(fitted: Fitted, folder: Path) -> None:
    """Writes the model, its history, its record and its architecture into an existing folder."""
    fitted.model.save(folder / MODEL_FILE)
    fitted.history.to_parquet(folder / HISTORY_FILE, index=False)
    scalars = {"best_epoch": fitted.best_epoch, "optimizer": fitted.optimizer}
    (folder / FITTED_FILE).write_text(json.dumps(scalars, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / RECORD_FILE).write_text(json.dumps(fitted.record.to_dict()), encoding="utf-8")
    (folder / ARCHITECTURE_FILE).write_text(architecture(fitted.model), encoding="utf-8")


def load_fitted(folder: Path) -> Fitted:
    """What `save_fitted` wrote. Keras's safe mode is on: no code that a file carries is run."""
    import keras
    import pandas as pd

    scalars = json.loads((folder / FITTED_FILE).read_bytes())
    return Fitted(
        model=keras.saving.load_model(folder / MODEL_FILE, compile=False, safe_mode=True),
        history=pd.read_parquet(folder / HISTORY_FILE),
        best_epoch=scalars["best_epoch"],
        optimizer=scalars["optimizer"],
        record=Record.from_dict(json.loads((folder / RECORD_FILE).read_bytes())),
    )


def architecture(model: keras.Model) -> str:
    """Keras's summary of a model as text: a row a layer, with its shape and parameters."""
    lines: list[str] = []
    model.summary(line_length=SUMMARY_WIDTH, print_fn=lines.append)
    return "\n".join(lines) + "\n"
