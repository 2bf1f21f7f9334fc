"""What `soundcheck data diff` says of two manifests."""

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundcheck.data.difference import ADDED, ALTERED, KINDS, MOVED, RELABELLED, REMOVED, compare


def manifest(*clips):
    """Of `(path, digest)`, where the label is the folder, or `(path, digest, label)`."""
    rows = [(path, digest, *(label or [path.partition("/")[0]])) for path, digest, *label in clips]
    return pd.DataFrame(rows, columns=["path", "clip_digest", "label"]).astype("str")


def told(before, after):
    return [(change.kind, str(change)) for change in compare(manifest(*before), manifest(*after)).changes]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([("yes/a.wav", "1")], [("yes/a.wav", "1")], []),
        ([], [("yes/a.wav", "1")], [(ADDED, "yes/a.wav")]),
        ([("yes/a.wav", "1")], [], [(REMOVED, "yes/a.wav")]),
        ([("yes/a.wav", "1")], [("yes/a.wav", "2")], [(ALTERED, "yes/a.wav")]),
        ([("yes/a.wav", "1")], [("yes/b.wav", "1")], [(MOVED, "yes/a.wav -> yes/b.wav")]),
        ([("yes/a.wav", "1")], [("no/a.wav", "1")], [(RELABELLED, "yes/a.wav -> no/a.wav")]),
        (
            [("a.wav", "1", "yes")],
            [("a.wav", "1", "no")],
            [(RELABELLED, "a.wav (yes) -> a.wav (no)")],
        ),
        (
            [("a.wav", "1", "yes")],
            [("a.wav", "2", "no")],
            [(ADDED, "a.wav (no)"), (REMOVED, "a.wav (yes)")],
        ),
        (
            [("yes/long.wav#t=0,1", "1")],
            [("yes/longer.wav#t=0,1", "1"), ("yes/longer.wav#t=1,2", "2")],
            [(ADDED, "yes/longer.wav#t=1,2"), (MOVED, "yes/long.wav#t=0,1 -> yes/longer.wav#t=0,1")],
        ),
    ],
)
def test_what_became_of_a_clip(before, after, expected):
    assert told(before, after) == expected


def test_of_clips_with_the_same_bytes_as_many_are_matched_as_there_are():
    twice = [("yes/a.wav", "1"), ("yes/b.wav", "1")]
    assert told(twice, twice[1:]) == [(REMOVED, "yes/a.wav")]
    assert told(twice, [*twice, ("no/c.wav", "1")]) == [(ADDED, "no/c.wav")]
    assert told(twice, [("no/a.wav", "1"), ("yes/c.wav", "1")]) == [
        (RELABELLED, "yes/b.wav -> no/a.wav"),
        (MOVED, "yes/a.wav -> yes/c.wav"),
    ]


def test_files_that_could_not_be_read_are_known_by_their_paths_alone():
    assert told([("yes/a.wav", "")], [("yes/a.wav", "")]) == []
    assert told([("yes/a.wav", "")], [("yes/a.wav", "1")]) == [(ALTERED, "yes/a.wav")]
    assert told([("yes/a.wav", "")], [("yes/b.wav", "")]) == [(ADDED, "yes/b.wav"), (REMOVED, "yes/a.wav")]


def test_counts_of_each_label_and_all_as_json():
    before = manifest(("yes/a.wav", "1"), ("yes/b.wav", "2"), ("no/c.wav", "3"))
    after = manifest(("no/a.wav", "1"), ("yes/b.wav", "4"), ("up/d.wav", "5"))
    found = json.loads(json.dumps(compare(before, after).to_dict()))
    assert (found["clips_before"], found["clips_after"]) == (3, 3)
    names = [
        "label",
        "before",
        "after",
        "added",
        "removed",
        "relabelled_to",
        "relabelled_from",
        "altered",
        "moved",
    ]
    assert [[counts[name] for name in names] for counts in found["labels"]] == [
        ["no", 1, 1, 0, 1, 1, 0, 0, 0],
        ["up", 0, 1, 1, 0, 0, 0, 0, 0],
        ["yes", 2, 1, 0, 0, 0, 1, 1, 0],
    ]
    assert found["relabelled"] == [
        {"before": {"path": "yes/a.wav", "label": "yes"}, "after": {"path": "no/a.wav", "label": "no"}}
    ]
    assert found["added"] == [{"before": None, "after": {"path": "up/d.wav", "label": "up"}}]


labels = st.sampled_from(["no", "yes", "up"])
digests = st.sampled_from(["", *"123456"])
in_folders = st.dictionaries(
    st.tuples(labels, st.sampled_from("abcdef")).map(lambda parts: f"{parts[0]}/{parts[1]}.wav"), digests
).map(lambda clips: manifest(*clips.items()))
in_tables = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(digests, labels)).map(
    lambda clips: manifest(*((path, *others) for path, others in clips.items()))
)
manifests = st.one_of(in_folders, in_tables)


@given(manifests, st.randoms(use_true_random=False))
def test_nothing_became_of_the_clips_of_the_same_manifest(one, generator):
    shuffled = one.iloc[generator.sample(range(len(one)), len(one))]
    assert compare(one, shuffled).changes == ()


@given(manifests, manifests)
def test_the_changes_explain_the_counts(before, after):
    difference = compare(before, after)
    for counts in difference.by_label:
        came = counts.added + counts.relabelled_to
        went = counts.removed + counts.relabelled_from
        assert counts.after == counts.before + came - went
        assert counts.before == (before["label"] == counts.label).sum()
        assert counts.after == (after["label"] == counts.label).sum()
    assert sum(len(difference.of_kind(kind)) for kind in KINDS) == len(difference.changes)
    assert len(after) - len(before) == len(difference.of_kind(ADDED)) - len(difference.of_kind(REMOVED))


@given(manifests, manifests)
def test_every_clip_is_unchanged_or_changed_once(before, after):
    changes = compare(before, after).changes
    for side, whole in (("before", before), ("after", after)):
        paths = [place.path for change in changes if (place := getattr(change, side))]
        assert len(paths) == len(set(paths))
        assert set(paths) <= set(whole["path"])


OPPOSITE = {ADDED: REMOVED, REMOVED: ADDED}


@given(manifests, manifests)
def test_seen_from_the_other_side_it_is_the_same(before, after):
    there = {(one.kind, one.before, one.after) for one in compare(before, after).changes}
    back = {
        (OPPOSITE.get(one.kind, one.kind), one.after, one.before) for one in compare(after, before).changes
    }
    assert there == back
