"""Who is diagnosed: a run with its own results, or somebody's model with the results just made for it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundcheck.errors import SoundcheckError
from soundcheck.files import sha256_of
from soundcheck.models.adoption import SUFFIX, ModelFile

if TYPE_CHECKING:
    from soundcheck.artifacts import Artifact
    from soundcheck.config import Config
    from soundcheck.data.sources import Source
    from tasks.receipts import Receipt


_ARCHITECTURE = "config.json"  # as Keras 3 names it in each .keras file


@dataclass(frozen=True)
class Patient:
    """A trained model, and what is known of it.

    Attributes:
        name: What the user knows it by.
        config: The run's own configuration; of a model file, that of the data and the features.
        source: Where the clips are.
        manifest: The clips.
        shards: Their features.
        fitted: The model.
        evaluated: What it says of each clip.
        receipt: Of the run; None for a model file, of whose training nothing is known.
    """

    name: str
    config: Config
    source: Source
    manifest: Artifact
    shards: Artifact
    fitted: Artifact
    evaluated: Artifact
    receipt: Receipt | None = None

    @property
    def folder_name(self) -> str:
        """Of its diagnosis: a run's id; of a model file, its name and the digest of its predictions."""
        return self.receipt.run_id if self.receipt else f"{self.name}-{self.evaluated.digest[:8]}"

    @property
    def data(self) -> dict[str, Artifact]:
        """The clips and their features, as stages take them."""
        return {"manifest": self.manifest, "shards": self.shards}

    @property
    def fitting(self) -> dict[str, Any]:
        """What its training was given, as stages take it."""
        return {**self.data, "model": self.config.model, "training": self.config.training}

    @property
    def heard(self) -> dict[str, Any]:
        """How its clips are read, as stages take it."""
        return {"features": self.config.features, "sample_rate_hz": self.config.data.sample_rate_hz}


def is_model_file(subject: str) -> bool:
    """Whether a user means a file, and not the id of a run."""
    path = Path(subject)
    return bool(path.suffix) or len(path.parts) > 1 or _is_there(path)


def model_file(subject: str) -> ModelFile:
    """The file that a user means.

    Raises:
        SoundcheckError: there is none, it cannot be read, or it is not one of Keras 3.
    """
    try:
        return _checked(subject)
    except OSError as error:
        raise SoundcheckError(f"{subject} cannot be read ({error.strerror}); name a file that can") from error


def _is_there(path: Path) -> bool:
    """Whether there is a file; of a name that no file can have, there is none."""
    try:
        return path.exists()
    except OSError:
        return False


def _checked(subject: str) -> ModelFile:
    path = Path(subject)
    if path.is_dir():
        raise SoundcheckError(f"{subject} is a folder; give a model that Keras saved as one {SUFFIX} file")
    if not path.is_file():
        raise SoundcheckError(f"there is no file {subject}; give a model that Keras saved, or a run's id")
    if path.suffix != SUFFIX:
        raise SoundcheckError(
            f"{subject} is no {SUFFIX} file; load the model in Keras and save it by "
            f"model.save('{path.stem}{SUFFIX}')"
        )
    if not _is_of_keras(path):
        raise SoundcheckError(
            f"{subject} is damaged, or no file that `model.save('NAME{SUFFIX}')` of Keras 3 wrote"
        )
    return ModelFile(path, sha256_of(path))


def _is_of_keras(path: Path) -> bool:
    """Whether a file is an archive with an architecture in it, which is seen without the seconds of Keras."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _ARCHITECTURE in archive.namelist()
    except zipfile.BadZipFile:
        return False
