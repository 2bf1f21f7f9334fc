"""Features of the real clips of `speech_folder`, as the audit reads them."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.data.sources import Source
from soundcheck.features.index import ShardIndex
from soundcheck.features.shards import write_shards
from soundcheck.store import Parts


class Speech(NamedTuple):
    """200 clips, 25 of each of 8 words, and what `audit_labels` wants to know of their features."""

    clips: pd.DataFrame
    index: ShardIndex
    parts: Parts
    features: FeaturesConfig


@pytest.fixture(scope="session")
def speech_features(
    speech_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[FeaturesConfig], Speech]:
    paths = sorted(speech_folder.glob("*/*.wav"))
    names = [path.relative_to(speech_folder).as_posix() for path in paths]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    clips = pd.DataFrame(
        {
            "clip_digest": digests,
            "path": names,
            "label": [path.parent.name for path in paths],
            "speaker": [path.name.partition("_nohash_")[0] for path in paths],
            "split": "train",
            "file": names,
            "file_digest": digests,
            "start_frame": 0,
            "frames": 16000,
        }
    )

    def write(features: FeaturesConfig) -> Speech:
        parts = Parts(tmp_path_factory.mktemp("parts"))
        index = write_shards(clips, Source(speech_folder, digest=""), features, 16000, parts)
        return Speech(clips, index, parts, features)

    return write


@pytest.fixture(scope="session")
def speech(speech_features: Callable[[FeaturesConfig], Speech]) -> Speech:
    """As log-mel. Read only."""
    return speech_features(FeaturesConfig())
