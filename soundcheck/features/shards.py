"""Features on disk: TFRecord shards that hold clips by the digest of their bytes.

A clip's shard is chosen by its digest, and labels and splits are not in it. So a new clip changes one shard,
a relabelled clip or a new split none, and what is on disk is the same bytes whatever was there before.

A record holds up to 64 clips as one `tf.train.Example` with two bytes features: `clip_digests`, 32 bytes
each, and `features`, (clips, frames, bins) in C order in the storage format. Nothing is compressed: GZIP
reads slower, and raw bytes can be read in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from soundcheck.data.waveforms import read_waveforms
from soundcheck.features.half_precision import to_half
from soundcheck.features.index import Parts, Shard, ShardIndex
from soundcheck.features.reading import shard_views
from soundcheck.features.records import record
from soundcheck.features.spectrogram import compute, geometry

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from soundcheck.config import FeaturesConfig
    from soundcheck.data.sources import Source

_Before = dict[int, list[tuple[Shard, ShardIndex]]]

SHARD_COUNT = 512
CLIPS_PER_RECORD = 64
_CLIPS_AT_ONCE = 128  # read and computed together, across shards, so that shards of one clip are no slower


def write_shards(
    manifest: pd.DataFrame,
    source: Source,
    features: FeaturesConfig,
    sample_rate_hz: int,
    parts: Parts,
    *,
    earlier: Sequence[ShardIndex] = (),
) -> ShardIndex:
    """Writes the shards of a manifest's clips; what earlier shards hold is taken over, not computed again.

    The result is the same bytes as without earlier shards.

    Args:
        manifest: rows with a split have features; a clip that stands in several rows has them once.
        source: where the manifest's files are.
        features: kind, frames, bands and storage. `float16` rounds by 2**-11 of a value: up to 0.031 for
            magnitudes of 64 to 128, as of clipped speech, and 0.004 for log-mel. What is above 65504, its
            largest, is stored as that; only magnitudes of frames of 131 008 samples and more get there.
        sample_rate_hz: rate to which clips are brought.
        parts: where shards are looked up and added.
        earlier: indexes of shards that the same code made with the same configuration.

    Raises:
        ConfigError: see `geometry` and `mel_matrix`.
        ClipChangedError: where a clip's bytes are no longer those of the manifest.
    """
    shape = geometry(features, sample_rate_hz)
    clips = manifest.loc[manifest["split"] != ""].drop_duplicates("clip_digest").sort_values("clip_digest")
    shard_clips = _by_shard(clips["clip_digest"].tolist())
    before = _by_number(earlier)
    unchanged = [_unchanged(digests, parts, before) for digests in shard_clips]
    changed = [digests for digests, shard in zip(shard_clips, unchanged, strict=True) if shard is None]
    known = [_known(digests, parts, before) for digests in changed]
    lacking = [
        digest
        for digests, held in zip(changed, known, strict=True)
        for digest in digests
        if digest not in held
    ]
    computed = _computed(
        clips.set_index("clip_digest", drop=False).loc[lacking], source, features, sample_rate_hz
    )
    rewritten = (
        _written(digests, held, computed, parts) for digests, held in zip(changed, known, strict=True)
    )
    shards = tuple(shard or next(rewritten) for shard in unchanged)
    return ShardIndex(shape.frames, shape.bins, features.storage, shards, len(lacking), len(changed))


def _by_shard(clip_digests: list[str]) -> list[tuple[str, ...]]:
    """The clips of each shard that has any, in order of the shards' numbers, order of clips kept."""
    shards: list[list[str]] = [[] for _ in range(SHARD_COUNT)]
    for digest in clip_digests:
        shards[_number(digest)].append(digest)
    return [tuple(shard) for shard in shards if shard]


def _number(clip_digest: str) -> int:
    return int(clip_digest[:8], 16) % SHARD_COUNT


def _by_number(indexes: Sequence[ShardIndex]) -> _Before:
    """The shards of each number, with the index that each belongs to."""
    found: _Before = {}
    for index in indexes:
        for shard in index.shards:
            found.setdefault(_number(shard.clips[0]), []).append((shard, index))
    return found


def _unchanged(clip_digests: tuple[str, ...], parts: Parts, before: _Before) -> Shard | None:
    """The earlier shard of these very clips, where it is whole."""
    same_number = before.get(_number(clip_digests[0]), [])
    alike = (shard for shard, _ in same_number if shard.clips == clip_digests)
    return next((shard for shard in alike if parts.has(shard.digest)), None)


def _known(
    clip_digests: tuple[str, ...], parts: Parts, before: _Before
) -> dict[str, NDArray[np.floating[Any]]]:
    """The features of those clips that earlier shards of the same number hold, not yet read from disk."""
    wanted = set(clip_digests)
    known: dict[str, NDArray[np.floating[Any]]] = {}
    for shard, index in before.get(_number(clip_digests[0]), []):
        more = wanted.intersection(shard.clips).difference(known)
        if more and parts.has(shard.digest):
            known.update(zip(shard.clips, shard_views(parts, shard.digest, index), strict=True))
    return known


def _written(
    clip_digests: tuple[str, ...],
    known: Mapping[str, NDArray[np.floating[Any]]],
    computed: Iterator[NDArray[np.floating[Any]]],
    parts: Parts,
) -> Shard:
    """A shard of features that are known or, where they are not, come next of those that are computed."""
    features = [known[digest] if digest in known else next(computed) for digest in clip_digests]
    return Shard(parts.add(_encoded(clip_digests, features)), clip_digests)


def _computed(
    clips: pd.DataFrame, source: Source, features: FeaturesConfig, sample_rate_hz: int
) -> Iterator[NDArray[np.floating[Any]]]:
    """(frames, bins) in the storage format for each clip in turn; computed as they are asked for."""
    clip_length = geometry(features, sample_rate_hz).clip_length
    with tqdm(total=len(clips), desc="spectrograms", unit="clip", disable=None, leave=False) as progress:
        for start in range(0, len(clips), _CLIPS_AT_ONCE):
            chunk = clips.iloc[start : start + _CLIPS_AT_ONCE]
            waveforms = read_waveforms(source, chunk, sample_rate_hz, clip_length)
            values = compute(waveforms, features, sample_rate_hz)
            yield from to_half(values) if features.storage == "float16" else values
            progress.update(len(chunk))


def _encoded(clip_digests: Sequence[str], features: list[NDArray[np.floating[Any]]]) -> bytes:
    """A whole shard: its clips in records."""
    return b"".join(
        piece
        for start in range(0, len(clip_digests), CLIPS_PER_RECORD)
        for piece in record(
            {
                "clip_digests": bytes.fromhex("".join(clip_digests[start : start + CLIPS_PER_RECORD])),
                "features": b"".join(one.data for one in features[start : start + CLIPS_PER_RECORD]),
            }
        )
    )
