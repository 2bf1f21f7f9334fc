"""What became of the clips between two manifests."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

ADDED, REMOVED, RELABELLED, ALTERED, MOVED = "added", "removed", "relabelled", "altered", "moved"
KINDS = (ADDED, REMOVED, RELABELLED, ALTERED, MOVED)


class Place(NamedTuple):
    """Where a clip stands in a manifest."""

    path: str
    label: str


@dataclass(frozen=True)
class Change:
    """What became of one clip.

    Attributes:
        kind: one of `KINDS`.
        before: where it stood; None where it was added.
        after: where it stands; None where it was removed.
    """

    kind: str
    before: Place | None
    after: Place | None

    def __str__(self) -> str:
        """`yes/a.wav -> no/a.wav`; a label that the path does not tell follows it in brackets."""
        places = dict.fromkeys(place for place in (self.before, self.after) if place)
        return " -> ".join(_told(place) for place in places)


@dataclass(frozen=True)
class LabelCounts:
    """Clips of a label: `after` = `before` + `added` - `removed` + `relabelled_to` - `relabelled_from`."""

    label: str
    before: int
    after: int
    added: int
    removed: int
    relabelled_to: int
    relabelled_from: int
    altered: int
    moved: int


@dataclass(frozen=True)
class Difference:
    """What became of the clips between two manifests.

    Attributes:
        before: clips of each label in the first manifest.
        after: clips of each label in the second.
        changes: by kind, in the order of `KINDS`, then by path.
    """

    before: Counter[str]
    after: Counter[str]
    changes: tuple[Change, ...]

    def of_kind(self, kind: str) -> tuple[Change, ...]:
        """The changes of one of `KINDS`, sorted by path."""
        return tuple(change for change in self.changes if change.kind == kind)

    @cached_property
    def by_label(self) -> tuple[LabelCounts, ...]:
        """The counts of each label that either manifest has, sorted."""
        came = Counter((change.kind, change.after.label) for change in self.changes if change.after)
        went = Counter((change.kind, change.before.label) for change in self.changes if change.before)
        return tuple(
            LabelCounts(
                label,
                before=self.before[label],
                after=self.after[label],
                added=came[ADDED, label],
                removed=went[REMOVED, label],
                relabelled_to=came[RELABELLED, label],
                relabelled_from=went[RELABELLED, label],
                altered=came[ALTERED, label],
                moved=came[MOVED, label],
            )
            for label in sorted(self.before.keys() | self.after.keys())
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: the counts of each label, and under each of `KINDS` its changes."""
        changes = {kind: [_jsonable(change) for change in self.of_kind(kind)] for kind in KINDS}
        return {
            "clips_before": self.before.total(),
            "clips_after": self.after.total(),
            "labels": [asdict(counts) for counts in self.by_label],
            **changes,
        }


def compare(before: pd.DataFrame, after: pd.DataFrame) -> Difference:
    """What became of the clips between two manifests.

    A clip that kept its path and its label, and whose bytes differ, was altered. Of the others, those with
    the same bytes are the same clip: with the same label it was moved (or renamed), with another it was
    relabelled, whether its path tells the label or not. Of bytes that several clips share, as many are
    matched as there are on both sides, those that kept their path first, then those that kept their label.
    The rest was added or removed. A file that could not be read has no bytes, and only its path to be known
    by. What `compare(b, a)` finds is what `compare(a, b)` finds, seen from the other side.

    Args:
        before: a manifest; `path`, `label` and `clip_digest` are used, of clips that are set aside too.
        after: another one.
    """
    old, new = _clips(before), _clips(after)
    changes: list[Change] = []
    for kind, key in _MATCHES:
        pairs, old, new = _matched(old, new, key)
        if kind is not None:
            changes += [Change(kind, one.place, other.place) for one, other in pairs]
    changes += [Change(REMOVED, clip.place, None) for clip in old]
    changes += [Change(ADDED, None, clip.place) for clip in new]
    changes.sort(key=lambda change: (KINDS.index(change.kind), change.after or change.before))
    return Difference(Counter(before["label"]), Counter(after["label"]), tuple(changes))


class _Clip(NamedTuple):
    place: Place
    digest: str


def _clips(manifest: pd.DataFrame) -> list[_Clip]:
    columns = (manifest["path"], manifest["label"], manifest["clip_digest"])
    return sorted(_Clip(Place(path, label), digest) for path, label, digest in zip(*columns, strict=True))


_Key = Callable[[_Clip], Hashable]
"""What two clips must have in common to be the same one; None where a clip cannot be known like that."""

_MATCHES: tuple[tuple[str | None, _Key], ...] = (
    (None, lambda clip: clip),  # unchanged
    (RELABELLED, lambda clip: (clip.place.path, clip.digest)),
    (ALTERED, lambda clip: clip.place),
    (MOVED, lambda clip: (clip.place.label, clip.digest) if clip.digest else None),
    (RELABELLED, lambda clip: clip.digest or None),
)


def _matched(
    old: list[_Clip], new: list[_Clip], key: _Key
) -> tuple[list[tuple[_Clip, _Clip]], list[_Clip], list[_Clip]]:
    """Pairs of clips with the same key, in the order they stand in, and what is left of both sides."""
    candidates: defaultdict[Hashable, deque[_Clip]] = defaultdict(deque)
    for clip in old:
        if key(clip) is not None:
            candidates[key(clip)].append(clip)
    pairs: list[tuple[_Clip, _Clip]] = []
    rest: list[_Clip] = []
    for clip in new:
        if alike := candidates.get(key(clip)):
            pairs.append((alike.popleft(), clip))
        else:
            rest.append(clip)
    paired = {one.place.path for one, _ in pairs}
    return pairs, [clip for clip in old if clip.place.path not in paired], rest


def _told(place: Place) -> str:
    in_path = place.path.startswith(f"{place.label}/")
    return place.path if in_path else f"{place.path} ({place.label})"


def _jsonable(change: Change) -> dict[str, dict[str, str] | None]:
    """`{"before": {"path": ..., "label": ...}, "after": null}`."""
    return {
        "before": change.before._asdict() if change.before else None,
        "after": change.after._asdict() if change.after else None,
    }
