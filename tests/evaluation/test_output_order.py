"""Outputs under each other's names: found in any order, and never where a model is healthy, weak or blind."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from soundcheck.evaluation.answers import Answers
from soundcheck.evaluation.output_order import OutputOrder, find_output_order
from soundcheck.evaluation.proportions import proportion

WORDS = ("down", "go", "no", "stop", "up", "yes")
ORDINARY = 0.5


def answers(said: NDArray[np.int64], true: NDArray[np.int64], labels: Sequence[str] = WORDS) -> Answers:
    return Answers(tuple(labels), true, np.eye(len(labels))[said])


def found(
    table: NDArray[np.float64], clips: int = 20, ordinary: float = ORDINARY, seed: int = 0
) -> OutputOrder | None:
    """The order found where a word's clips are given outputs by the shares of its row, in both splits."""
    generator, words = np.random.default_rng(seed), len(table)
    true = np.repeat(np.arange(words), clips)
    splits = [
        answers(np.array([generator.choice(words, p=table[word]) for word in true]), true, WORDS[:words])
        for _ in range(2)
    ]
    return find_output_order(splits[0], splits[1], WORDS[:words], ordinary)


def model(outputs: Sequence[int], recall: float = 0.9) -> NDArray[np.float64]:
    """How often each word is given each output, where a word has its own in `outputs`."""
    table = np.full((len(outputs),) * 2, (1 - recall) / (len(outputs) - 1))
    table[np.arange(len(outputs)), outputs] = recall
    return table


@given(st.permutations(range(6)), st.integers(0, 99))
def test_any_order_is_found(outputs: list[int], seed: int) -> None:
    order = found(model(outputs), seed=seed)
    if outputs == sorted(outputs):
        assert order is None
        return
    assert order is not None
    assert [order.labels[output] for output in outputs] == list(WORDS)
    assert order.accuracy.value > 0.75
    assert order.accuracy.value > order.as_named.value


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_it_is_told_in_the_order_of_the_outputs_themselves(meant: list[int], named: list[int]) -> None:
    """Output i means word `meant[i]`; `--labels` named it `named[i]`, and answers are by that name."""
    true = np.repeat(np.arange(6), 20)
    said = np.array([named[meant.index(word)] for word in true])
    split = answers(said, true)
    order = find_output_order(split, split, [WORDS[one] for one in named], ORDINARY)
    if meant == named:
        assert order is None
        return
    assert order is not None
    assert order.labels == tuple(WORDS[one] for one in meant)


def test_two_words_of_many_may_have_changed_places() -> None:
    order = found(model([0, 2, 1, 3, 4, 5]))
    assert order is not None
    assert order.labels == ("down", "no", "go", "stop", "up", "yes")


@given(st.integers(0, 5), st.integers(2, 6), st.integers(0, 99))
def test_a_model_that_always_answers_the_same_is_left_in_peace(said: int, words: int, seed: int) -> None:
    table = np.zeros((words, words))
    table[:, said % words] = 1
    assert found(table, ordinary=0, seed=seed) is None


@given(st.floats(0.25, 1), st.integers(0, 99))
def test_a_model_that_is_right_more_often_than_otherwise_is_left_in_peace(recall: float, seed: int) -> None:
    assert found(model(range(6), recall), clips=100, ordinary=0, seed=seed) is None


@given(st.integers(2, 6), st.integers(0, 999))
def test_chance_is_left_in_peace(words: int, seed: int) -> None:
    assert found(np.full((words, words), 1 / words), ordinary=1 / words, seed=seed) is None


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), min_size=4, max_size=4))
def test_whatever_is_no_better_than_an_ordinary_learner_is_left_in_peace(shares: list[list[float]]) -> None:
    """As any untrained network is, however it happens to split the words."""
    table = np.array(shares) / np.sum(shares, axis=1, keepdims=True)
    assert found(table, ordinary=1.0) is None


def test_an_untrained_network_that_splits_two_words_by_loudness_is_left_in_peace() -> None:
    split = model([1, 0], recall=0.8)
    assert found(split, clips=500, ordinary=0.83) is None
    assert found(split, clips=500, ordinary=0.5) is not None


@given(st.integers(0, 99))
def test_words_that_are_confused_both_ways_are_left_in_peace(seed: int) -> None:
    table = model(range(6), recall=0.95)
    table[:2, :2] = [[0.52, 0.45], [0.45, 0.52]]
    table /= table.sum(axis=1, keepdims=True)
    assert found(table, clips=40, seed=seed) is None


@pytest.mark.parametrize(("clips", "is_told"), [(3, False), (10, True)])
def test_a_few_clips_do_not_tell(clips: int, is_told: bool) -> None:
    assert (found(model([1, 0], recall=1), clips=clips, ordinary=0) is not None) is is_told


def test_the_remedy_can_be_copied_into_a_shell() -> None:
    order = OutputOrder(("go", "it's"), proportion(90, 100), proportion(3, 100))
    assert order.remedy.endswith("""--labels 'go,it'"'"'s'.""")
    assert "In the order go, it's they are right for 0.900 (0.826 to 0.945)" in order.sentence
