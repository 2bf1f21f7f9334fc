"""Noise: the recordings of background noise that come with a source, to be mixed with its clips."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.artifacts import digest_of
from soundcheck.data.audio import decode, resample
from soundcheck.data.containers import UndecodableError
from soundcheck.data.folders import recordings
from soundcheck.data.manifest import NOISE
from soundcheck.data.regular_files import read_file
from soundcheck.errors import SourceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from soundcheck.data.sources import Source


@dataclass(frozen=True)
class NoiseRecordings:
    """Recordings of noise.

    Attributes:
        folder: Where they are.
        digest: Of their contents.
    """

    folder: Path
    digest: str


def noise_of(source: Source) -> NoiseRecordings | None:
    """The recordings from which a source's silence is cut, or those in its folder `_background_noise_`.

    Raises:
        SourceError: one cannot be read.
    """
    folder = source.noise or source.root / NOISE
    files = _files(folder)
    return NoiseRecordings(folder, _digest(files.values())) if files else None


def read_noise(noise: NoiseRecordings, sample_rate_hz: int) -> list[NDArray[np.float32]]:
    """The samples of recordings, each (samples,), at a rate.

    Raises:
        SourceError: one cannot be read or decoded, or they are not those any more.
    """
    files = _files(noise.folder)
    if _digest(files.values()) != noise.digest:
        raise SourceError(f"the recordings of noise in {noise.folder} changed just now; run again")
    return [_samples(noise.folder / file, data, sample_rate_hz) for file, data in files.items()]


def _samples(path: Path, data: bytes, sample_rate_hz: int) -> NDArray[np.float32]:
    try:
        recording = decode(data, path.suffix)
    except UndecodableError as error:
        raise SourceError(f"{path}, a recording of noise: {error}; repair it or take it away") from error
    return resample(recording.samples, recording.sample_rate_hz, sample_rate_hz)


def _files(folder: Path) -> dict[str, bytes]:
    """The bytes of each recording."""
    files: dict[str, bytes] = {}
    for file in recordings(folder):
        try:
            files[file] = read_file(str(folder / file))
        except OSError as error:
            raise SourceError(
                f"{folder / file}, a recording of noise, cannot be read ({error.strerror}); repair it or "
                "take it away"
            ) from error
    return files


def _digest(contents: Iterable[bytes]) -> str:
    return digest_of([hashlib.sha256(data).hexdigest() for data in contents])
