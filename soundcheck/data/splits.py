"""Which clips train, which select the epoch, which are only reported on."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from soundcheck.data.manifest import SET_ASIDE, SPLITS, TEST, TRAIN, VALIDATION
from soundcheck.errors import SourceError

if TYPE_CHECKING:
    from soundcheck.config import DataConfig

logger = logging.getLogger(__name__)

_SPEAKERS_COUNTED = 2**27 - 1


def split_of_speaker(speaker: str, validation_fraction: float, test_fraction: float) -> str:
    """The split of a speaker, as published with Speech Commands (`which_set` in its README).

    The SHA-1 of the name gives a number from 0 to 100, the same for all time, so that a new clip never
    moves an old one: Warden, "Speech Commands", arXiv:1804.03209, section 7.
    """
    number = int(hashlib.sha1(speaker.encode(), usedforsecurity=False).hexdigest(), 16)
    percentage = number % (_SPEAKERS_COUNTED + 1) * (100.0 / _SPEAKERS_COUNTED)
    if percentage < 100 * validation_fraction:
        return VALIDATION
    return TEST if percentage < 100 * (validation_fraction + test_fraction) else TRAIN


def assign_splits(clips: pd.DataFrame, data: DataConfig) -> pd.Series:
    """The split of every clip: `train`, `validation`, `test`, or "" for one that is not decodable.

    Args:
        clips: rows with `file_digest`, `path`, `label`, `speaker`, `decodable`, and in `split` the one that
            the source assigns, or "".
        data: `split`, `split_seed` and the two fractions.

    Raises:
        SourceError: a split is empty, or training lacks a label. (Where validation or test lacks one, a
            warning says so: a small data set may be tried out all the same.)
    """
    usable = clips.loc[clips.index[clips["decodable"]]].sort_values("path")
    splits = usable["split"].reindex(clips.index, fill_value=SET_ASIDE).astype("str")
    free = usable.loc[usable["split"] == SET_ASIDE]
    splits.loc[free.index] = _by_speaker(free, data) if data.split == "speaker" else _at_random(free, data)
    _check_covered(clips, splits, data)
    return splits


def _by_speaker(clips: pd.DataFrame, data: DataConfig) -> list[str]:
    return [
        split_of_speaker(speaker, data.validation_fraction, data.test_fraction)
        for speaker in clips["speaker"]
    ]


def _at_random(clips: pd.DataFrame, data: DataConfig) -> list[str]:
    """Deals shuffled clips, each label's evenly, so that a small split does not miss a label by chance.

    Byte-identical clips, and those of one recording, are dealt as one: in two splits they would test what
    was trained on.
    """
    first = clips.drop_duplicates("file_digest")
    dealt = dict(zip(first["file_digest"], _dealt(first, data), strict=True))
    return [dealt[digest] for digest in clips["file_digest"]]


def _dealt(clips: pd.DataFrame, data: DataConfig) -> list[str]:
    count = len(clips)
    validation, test = round(count * data.validation_fraction), round(count * data.test_fraction)
    shuffled = np.random.default_rng(data.split_seed).permutation(count)
    labels = clips["label"].iloc[shuffled]
    by_label = labels.groupby(labels)
    places = (by_label.cumcount() + 0.5) / by_label.transform("size")
    order = shuffled[np.argsort(places.to_numpy(), kind="stable")]
    dealt = np.full(count, TRAIN, dtype=object)
    dealt[order[:validation]] = VALIDATION
    dealt[order[validation : validation + test]] = TEST
    return dealt.tolist()


def _check_covered(clips: pd.DataFrame, splits: pd.Series, data: DataConfig) -> None:
    """Refuses splits that nothing can be learnt from or measured on, and says where one lacks a label."""
    divided = clips.loc[splits != SET_ASIDE]
    wanted, way_out = set(divided["label"]), _way_out(divided, data)
    for split in SPLITS:
        held = set(clips.loc[splits == split, "label"])
        missing = ", ".join(repr(label) for label in sorted(wanted - held))
        problem = f"the {split} split (data.split={data.split!r}) has no clip of {missing}; {way_out}"
        if missing and (split == TRAIN or not held):
            raise SourceError(problem)
        if missing:
            logger.warning(problem)


def _way_out(clips: pd.DataFrame, data: DataConfig) -> str:
    if (clips["split"] != SET_ASIDE).all():
        return "the source assigns the splits: change its column split"
    if data.split == "speaker":
        return "add clips of more speakers, or divide them at random with --set data.split=random"
    same = int(clips["file_digest"].duplicated().sum())
    repeated = f": {same} of {len(clips)} repeat another byte for byte and go where it goes" if same else ""
    return f"add more clips{repeated}"
