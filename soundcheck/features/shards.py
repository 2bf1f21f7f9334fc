"""Features on disk: TFRecord shards that hold clips by the digest of their bytes.

A clip's shard is chosen by its digest, and labels and splits are not in it. So a new clip changes one shard,
a relabelled clip or a new split none, and what is on disk is the same bytes whatever was there before.

A record holds up to 64 clips as one `tf.train.Example` with two bytes features: `clip_digests`, 32 bytes
each, and `features`, (clips, frames, bins) in C order in the storage format. Nothing is compressed: GZIP
reads slower, and raw bytes can be read in place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from soundcheck.data.audio import read_waveforms
from soundcheck.features.index import Parts, Shard, ShardIndex
from soundcheck.features.records import record
from soundcheck.features.spectrogram import compute, geometry

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig

SHARD_COUNT = 128
CLIPS_PER_RECORD = 64
_CLIPS_AT_ONCE = 256  # read and computed together, across shards, so that shards of one clip are no slower


def write_shards(
    manifest: pd.DataFrame,
    root: Path,
    features: FeaturesConfig,
    sample_rate_hz: int,
    parts: Parts,
    *,
    recipe: str,
) -> ShardIndex:
    """Computes the shards that `parts` does not have yet; the others are found, not touched.

    Args:
        manifest: rows with a split have features; a clip that stands in several rows has them once.
        root: folder that the manifest's paths are relative to.
        features: kind, frames, bands and storage. `float16` rounds by 2**-11 of a value: up to 0.031 for
            magnitudes of 64 to 128, as of clipped speech, and 0.004 for log-mel. What is above 65504, its
            largest, is stored as that; only magnitudes of frames of 131 008 samples and more get there.
        sample_rate_hz: rate to which clips are brought.
        parts: where shards are looked up and added.
        recipe: stands for the features' configuration, code and library versions in a shard's key.

    Raises:
        ConfigError: see `geometry` and `mel_matrix`.
        ClipChangedError: where a clip's bytes are no longer those of the manifest.
    """
    shape = geometry(features, sample_rate_hz)
    clips = manifest.loc[manifest["split"] != ""].drop_duplicates("clip_digest").sort_values("clip_digest")
    shard_clips = _by_shard(clips["clip_digest"].tolist())
    keys = [_key(recipe, digests) for digests in shard_clips]
    found = [parts.find(key) for key in keys]
    missing = [digests for digests, part in zip(shard_clips, found, strict=True) if part is None]
    in_order = clips.set_index("clip_digest", drop=False).loc[list(chain.from_iterable(missing))]
    computed = _computed(in_order, root, features, sample_rate_hz)
    shards: list[Shard] = []
    for key, digests, part in zip(keys, shard_clips, found, strict=True):
        digest = part or parts.add(key, _encoded(digests, list(islice(computed, len(digests)))))
        shards.append(Shard(digest, tuple(digests)))
    return ShardIndex(shape.frames, shape.bins, features.storage, tuple(shards), len(in_order))


def _by_shard(clip_digests: list[str]) -> list[list[str]]:
    """The clips of each shard that has any, in order of the shards' numbers, order of clips kept."""
    shards: list[list[str]] = [[] for _ in range(SHARD_COUNT)]
    for digest in clip_digests:
        shards[int(digest[:8], 16) % SHARD_COUNT].append(digest)
    return [shard for shard in shards if shard]


def _key(recipe: str, clip_digests: list[str]) -> str:
    return hashlib.sha256(" ".join([recipe, *clip_digests]).encode()).hexdigest()


def _computed(
    clips: pd.DataFrame, root: Path, features: FeaturesConfig, sample_rate_hz: int
) -> Iterator[NDArray[np.floating[Any]]]:
    """(frames, bins) in the storage format for each clip in turn; computed as they are asked for."""
    clip_length = geometry(features, sample_rate_hz).clip_length
    with tqdm(total=len(clips), desc="spectrograms", unit="clip", disable=None, leave=False) as progress:
        for start in range(0, len(clips), _CLIPS_AT_ONCE):
            chunk = clips.iloc[start : start + _CLIPS_AT_ONCE]
            waveforms = read_waveforms(root, chunk, sample_rate_hz, clip_length)
            yield from _stored(compute(waveforms, features, sample_rate_hz), features.storage)
            progress.update(len(chunk))


def _stored(values: NDArray[np.float32], storage: str) -> NDArray[np.floating[Any]]:
    return np.minimum(values, np.finfo(storage).max).astype(storage)


def _encoded(clip_digests: list[str], features: list[NDArray[np.floating[Any]]]) -> bytes:
    """A whole shard: its clips in records."""
    return b"".join(
        record(
            {
                "clip_digests": bytes.fromhex("".join(clip_digests[start : start + CLIPS_PER_RECORD])),
                "features": np.stack(features[start : start + CLIPS_PER_RECORD]).tobytes(),
            }
        )
        for start in range(0, len(clip_digests), CLIPS_PER_RECORD)
    )
