"""The network beside standard algorithms."""

import json

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.standard_learners import (
    StandardLearners,
    compare_answers,
    compare_with_standard_learners,
)

LABELS = ["go", "no", "yes"]


def example(clips: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three classes, of which summaries tell the third only: the others differ by their order in time."""
    generator = np.random.default_rng(0)
    classes = generator.integers(0, 3, clips)
    summaries = generator.normal(size=(clips, 10))
    summaries[:, 2] += 4 * (classes == 2)
    return summaries, classes, np.resize(["train"] * 6 + ["validation"] + ["test"] * 3, clips)


@pytest.fixture(scope="module")
def compared() -> StandardLearners:
    summaries, classes, splits = example()
    return compare_with_standard_learners(summaries, classes, splits, classes[splits == "test"], LABELS)


def test_all_algorithms_are_tried_the_best_first(compared: StandardLearners) -> None:
    assert {rival.name for rival in compared.rivals} == {
        "most frequent label",
        "logistic regression",
        "nearest neighbours",
        "random forest",
        "support vector machine",
    }
    accuracies = [rival.accuracy for rival in compared.rivals]
    assert accuracies == sorted(accuracies, reverse=True)
    assert 0.5 < accuracies[0] < 0.85
    assert compared.fitted_on == 240


def test_what_only_the_network_tells_apart_is_found(compared: StandardLearners) -> None:
    first, second = compared.learnt[:2]
    assert {first[:2], second[:2]} == {("go", "no"), ("no", "go")}
    assert compared.only_rivals == compared.nobody == ()
    judged, gained, _ = compared.sentences()
    assert "the network is better" in judged
    assert "It tells 'go' from 'no'" in gained or "It tells 'no' from 'go'" in gained


def test_clips_are_counted_by_who_is_right() -> None:
    true = np.array([0, 0, 1, 1, 2, 2])
    network = np.array([0, 0, 1, 0, 1, 2])
    answers = {"one": np.array([0, 1, 1, 1, 1, 0]), "other": np.array([1, 1, 0, 0, 0, 0])}
    found = compare_answers(answers, network, true, LABELS, fitted_on=9)
    one, other = found.rivals
    assert (one.both_right, one.only_network, one.only_rival, one.both_wrong, one.same_wrong) == (
        2,
        2,
        1,
        1,
        1,
    )
    assert one.kappa == pytest.approx(cohen_kappa_score(answers["one"], network))
    assert other.accuracy == 0
    assert found.network_accuracy == pytest.approx(4 / 6)
    assert (found.only_network, found.only_rivals, found.nobody) == ((1, 5), (3,), (4,))
    assert found.learnt == (("go", "no", 1), ("yes", "go", 1))
    assert (
        "no more apart than chance explains on 6 clips, on which the network may be" in found.sentences()[0]
    )


def test_where_chance_may_explain_it_the_sentence_says_what_few_clips_leave_open() -> None:
    true = np.zeros(38, int)
    places = np.arange(38)
    network, forest = places >= 14, (places >= 4) & (places < 34)
    found = compare_answers({"random forest": 1 - forest}, 1 - network, true, LABELS, 1)
    assert (
        "0.632 of 38 clips, the best standard algorithm on summaries, random forest, 0.789"
        in (found.sentences()[0])
    )
    # Clopper and Pearson: of 14 clips that one alone recognises, the network's 4 are 0.084 to 0.581.
    assert "the network may be 0.307 behind or 0.060 ahead (95 % interval)" in found.sentences()[0]
    assert "learnt nothing" not in found.sentences()[0]
    alike = compare_answers({"random forest": 1 - network}, 1 - network, true, LABELS, 1)
    assert "they recognise the same of the 38 clips" in alike.sentences()[0]


def test_error_consistency_is_about_which_clips_are_hard() -> None:
    true, network = np.zeros(8, int), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    same = compare_answers({"one": 2 * network}, network, true, LABELS, 1).rivals[0]
    opposite = compare_answers({"one": 1 - network}, network, true, LABELS, 1).rivals[0]
    assert (same.error_consistency, opposite.error_consistency) == pytest.approx((1, -1))
    assert same.same_wrong == 0


def test_one_answer_throughout_is_full_agreement() -> None:
    always = np.zeros(5, int)
    rival = compare_answers({"one": always}, always, always, LABELS, 1).rivals[0]
    assert rival.kappa == rival.error_consistency == 1


def test_json_gives_the_same_back(compared: StandardLearners) -> None:
    assert StandardLearners.from_dict(json.loads(json.dumps(compared.to_dict()))) == compared


def test_many_training_clips_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundcheck.evaluation.standard_learners.MOST_VALUES", 600)
    summaries, classes, splits = example()
    found = compare_with_standard_learners(summaries, classes, splits, classes[splits == "test"], LABELS)
    assert found.fitted_on == 60


def test_what_does_not_belong_together_is_refused() -> None:
    summaries, classes, splits = example()
    with pytest.raises(SoundcheckError, match="120 test clips and 3 answers"):
        compare_with_standard_learners(summaries, classes, splits, classes[:3], LABELS)
    one = np.where(splits == "train", 1, classes)
    with pytest.raises(SoundcheckError, match="fewer than two labels"):
        compare_with_standard_learners(summaries, one, splits, one[splits == "test"], LABELS)
