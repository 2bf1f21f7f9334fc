"""The model as it is served: waveforms in, labels with their probabilities out.

The folder of a served model holds `model.keras` (the front end inside) and `card.json`. MLflow loads it
through `_load_pyfunc`, with this package's code beside it: no Prefect, and nothing unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pydantic import BaseModel, ConfigDict

from soundcheck.artifacts import digest_of
from soundcheck.features.profile import Profile

if TYPE_CHECKING:
    import keras
    import pandas as pd
    from numpy.typing import NDArray

MODEL_FILE = "model.keras"
CARD_FILE = "card.json"


class Card(BaseModel):
    """What one must know of a model to serve it and to compare it with another."""

    model_config = ConfigDict(frozen=True)

    labels: tuple[str, ...]
    sample_rate_hz: int
    clip_length: int
    features: dict[str, Any]
    model_digest: str
    seen_digests: tuple[str, ...]
    """Digests of what the clips that the model was trained or selected on were cut from."""
    profile: Profile | None = None
    """How the features of the training clips are distributed; None for versions older than this."""

    @property
    def digest(self) -> str:
        """Of all of it: equal weights under other labels are another model."""
        return digest_of(self.model_dump())


def read_card(folder: Path) -> Card:
    """The card in the folder of a served model."""
    return Card.model_validate_json((folder / CARD_FILE).read_bytes())


@dataclass(frozen=True)
class ServedModel:
    """A model with its card."""

    model: keras.Model
    card: Card

    def save(self, folder: Path) -> None:
        """Writes the model and its card into an existing folder."""
        self.model.save(folder / MODEL_FILE)
        (folder / CARD_FILE).write_text(self.card.model_dump_json(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ServedModel:
        """What `save` wrote; in Keras's safe mode."""
        import keras

        from soundcheck.features.layers import Spectrogram

        model = keras.saving.load_model(
            folder / MODEL_FILE, {"Spectrogram": Spectrogram}, compile=False, safe_mode=True
        )
        return cls(model=cast("keras.Model", model), card=read_card(folder))

    def probabilities(self, waveforms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of each label.

        Args:
            waveforms: Mono clips, (clips, `card.clip_length` samples) at `card.sample_rate_hz`, full scale 1.

        Returns:
            (clips, labels), each row summing to 1.

        Raises:
            ValueError: for another shape, no clip, or samples that are not finite.
        """
        with np.errstate(over="ignore"):  # what is too large is refused below, as infinite
            samples = np.asarray(waveforms, dtype=np.float32)
        if samples.ndim != 2 or samples.shape[1] != self.card.clip_length or not len(samples):  # noqa: PLR2004
            raise ValueError(
                f"waveforms must have the shape (clips, {self.card.clip_length}); received {samples.shape}"
            )
        if not np.isfinite(samples).all():
            raise ValueError("waveforms hold samples that are not finite (NaN or infinite)")
        return self.model.predict(samples, verbose=0)

    def predict(self, waveforms: NDArray[np.float32]) -> pd.DataFrame:
        """The most probable label of each clip, its probability, and a column of probability a label."""
        import pandas as pd

        probabilities = self.probabilities(waveforms)
        names = np.array(self.card.labels)[probabilities.argmax(axis=1)]
        table = pd.DataFrame({"label": names, "probability": probabilities.max(axis=1)})
        return table.join(pd.DataFrame(probabilities, columns=list(self.card.labels)).add_prefix("score_"))


def _load_pyfunc(path: str) -> ServedModel:  # pyright: ignore[reportUnusedFunction] (MLflow calls it by name)
    return ServedModel.load(Path(path))
