"""Real clips as a manifest, and a store of parts in a folder."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.features.index import ShardIndex
from soundcheck.features.shards import write_shards

SPLITS = ("train", "train", "train", "validation", "test")


class FolderOfParts:
    """The simplest thing that is `soundcheck.features.index.Parts`; `added` counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.added = 0

    def has(self, digest: str) -> bool:
        path = self.path(digest)
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest

    def add(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.path(digest).write_bytes(data)
        self.added += 1
        return digest

    def path(self, digest: str) -> Path:
        return self.folder / digest


@pytest.fixture(scope="session")
def manifest(speech_folder: Path) -> pd.DataFrame:
    """All clips of `speech_folder`, three fifths of them for training; the columns that features need."""
    paths = sorted(speech_folder.glob("*/*.wav"))
    names = [path.relative_to(speech_folder).as_posix() for path in paths]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    return pd.DataFrame(
        {
            "clip_digest": digests,
            "path": names,
            "label": [path.parent.name for path in paths],
            "split": [SPLITS[number % len(SPLITS)] for number in range(len(paths))],
            "file": names,
            "file_digest": digests,
            "start_frame": 0,
            "frames": 16000,
        }
    )


@pytest.fixture
def new_parts(tmp_path: Path) -> Callable[[], FolderOfParts]:
    """Makes an empty store of parts."""

    def make() -> FolderOfParts:
        folder = tmp_path / f"parts-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return FolderOfParts(folder)

    return make


@pytest.fixture
def write(speech_folder: Path) -> Callable[..., ShardIndex]:
    """Writes the shards of a manifest of `speech_folder`, as log-mel unless told."""

    def write(
        manifest: pd.DataFrame,
        parts: FolderOfParts,
        features: FeaturesConfig | None = None,
        earlier: Sequence[ShardIndex] = (),
    ) -> ShardIndex:
        return write_shards(
            manifest,
            Source(speech_folder, digest=""),
            features or FeaturesConfig(),
            16000,
            parts,
            earlier=earlier,
        )

    return write
