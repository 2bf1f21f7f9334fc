"""The index of the shards: which clip's features are in which part."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

INDEX_FILE = "index.json"


class Parts(Protocol):
    """Where shards are kept: what the store offers."""

    def has(self, digest: str) -> bool:
        """Whether the part of this content digest is there and whole."""
        ...

    def add(self, data: bytes) -> str:
        """Keeps `data`, all or nothing, and returns its content digest: SHA-256 in hex."""
        ...

    def path(self, digest: str) -> Path:
        """The file with the part of this content digest."""
        ...


@dataclass(frozen=True)
class Shard:
    """One part: its content digest, and the digests of its clips in order."""

    digest: str
    clips: tuple[str, ...]


@dataclass(frozen=True)
class ShardIndex:
    """Which clip's features are where, without labels or splits.

    Attributes:
        frames: frames of a clip.
        bins: bins of a frame.
        storage: `float16` or `float32`.
        shards: those that hold a clip, in the order of their number.
        rebuilt_clips: clips whose features were computed to get here; not saved and not compared.
        rebuilt_shards: shards that were written to get here; likewise.
    """

    frames: int
    bins: int
    storage: str
    shards: tuple[Shard, ...]
    rebuilt_clips: int = field(default=0, compare=False)
    rebuilt_shards: int = field(default=0, compare=False)

    @property
    def clips(self) -> int:
        """How many clips there are, byte-identical ones counted once."""
        return sum(len(shard.clips) for shard in self.shards)

    def save(self, path: Path) -> None:
        """Writes canonical JSON: the same bytes for the same content."""
        content = {
            "bins": self.bins,
            "frames": self.frames,
            "shards": [[shard.digest, *shard.clips] for shard in self.shards],
            "storage": self.storage,
        }
        path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="ascii")

    @classmethod
    def load(cls, path: Path) -> ShardIndex:
        """Reads what `save` wrote; nothing of it counts as rebuilt."""
        content = json.loads(path.read_text(encoding="ascii"))
        shards = tuple(Shard(digest, tuple(clips)) for digest, *clips in content.pop("shards"))
        return cls(shards=shards, **content)
