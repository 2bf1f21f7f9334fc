"""Confusions: counts against pandas, and an order that the order of the rows does not change."""

import numpy as np
import pandas as pd
import pytest
from answer_tables import predictions

from soundcheck.evaluation.confusions import hardest_clips, most_doubtful_clips, top_confusions
from soundcheck.evaluation.metrics import wilson_interval

TABLE = predictions(500)


def test_confusions_are_counted_among_the_clips_of_the_true_word():
    counts = pd.crosstab(TABLE["label"], TABLE["predicted"])

    confusions = top_confusions(TABLE, count=99)

    assert len(confusions) == 6
    assert [one.share.count for one in confusions] == sorted(
        (counts.loc[a, b] for a in counts for b in counts if a != b), reverse=True
    )
    for one in confusions:
        count, total = counts.loc[one.label, one.predicted], counts.loc[one.label].sum()
        assert (one.share.count, one.share.total) == (count, total)
        assert (one.share.lower, one.share.upper) == wilson_interval(count, total)


def test_the_worst_clips_are_the_most_confident_mistakes():
    for confusion in top_confusions(TABLE, count=2, clips=3):
        rows = TABLE.loc[(TABLE["label"] == confusion.label) & (TABLE["predicted"] == confusion.predicted)]
        expected = rows.sort_values("confidence", ascending=False).head(3)
        assert [clip.path for clip in confusion.worst] == list(expected["path"])
        assert [clip.confidence for clip in confusion.worst] == list(expected["confidence"])


def test_a_confusion_has_no_other_clips_than_its_own():
    rare = top_confusions(TABLE, clips=10_000)[-1]
    assert len(rare.worst) == rare.share.count
    assert {(clip.label, clip.predicted) for clip in rare.worst} == {(rare.label, rare.predicted)}


def test_the_hardest_clips_have_the_least_probable_labels():
    of_true = np.array([row[f"probability/{row['label']}"] for _, row in TABLE.iterrows()])
    clips = hardest_clips(TABLE, 20)
    assert [clip.true_probability for clip in clips] == list(np.sort(of_true)[:20])
    assert clips[0].path == TABLE["path"][of_true.argmin()]


def test_the_most_doubtful_clips_have_the_smallest_margins():
    margins = [clip.margin for clip in most_doubtful_clips(TABLE, 500)]
    assert margins == sorted(margins)
    assert len(margins) == 500


@pytest.mark.parametrize("ask", [top_confusions, hardest_clips, most_doubtful_clips])
def test_the_order_of_the_rows_does_not_matter(ask):
    columns = [name for name in TABLE if name.startswith("probability/")]
    tied = TABLE.assign(**{name: TABLE[name].round(1) for name in columns})
    assert ask(tied) == ask(tied.sample(frac=1, random_state=1))


def test_a_model_without_mistakes_has_no_confusions():
    assert top_confusions(TABLE.loc[TABLE["correct"]]) == ()
