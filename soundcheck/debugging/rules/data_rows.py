"""Rules on the rows: do they tell of their targets, how often does each class come, in which order?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case, Rule
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.heads import Head
from soundcheck.debugging.outcome import Task, answers_of, class_numbers, standard_error, task_of
from soundcheck.debugging.rules.progress import typical_update_ratio
from soundcheck.debugging.rules.verdicts import CROSSENTROPIES
from soundcheck.debugging.samples import arrays_of, repeats_by_chance, row_digests
from soundcheck.debugging.standards import balanced_skill, learnable_rows, unseen_skill

_DEFAULT_BATCH_ROWS = 32
_FEWEST_BATCHES = 4
_LONG_RUN = 10
_FEW_COLUMNS = 64
_MANY_VALUES = 16
_FEWEST_UNRELATED = 100
_CLEARLY_RELATED = 0.3
_FEWEST_PAIRS = 50
_FEWEST_RARE = 10


def labels_unrelated(case: Case) -> Iterator[Finding]:
    """Labels that have nothing to do with their rows (shuffled apart, joined on the wrong key).

    Of a table with a few columns that vary continuously, at least one of a linear model, a forest and
    nearest neighbours sees any usual relation; where all are at chance on rows they have not seen, within two
    standard errors and surely below a skill of 0.2, there is none to be had. In images, sequences and
    discrete codes there may be one that they cannot see: then the network itself must be at chance on
    validation rows, and have learnt the training rows by heart or nothing at all; or the same learners tell
    the validation rows apart, which shows that there is a relation to be had.
    """
    head, standard = only_head(case), case.standard if case.record is not None else None
    if head is None or standard is None or head.targets is None or len(head.targets) < _FEWEST_UNRELATED:
        return
    chance = _chance_bound(head, head.targets)
    bound = case.settings.max_unrelated_skill
    # Of a rare class, learners that do not weigh classes say nothing, related or not.
    reached = max(standard.skill, balanced_skill(case) or 0.0)
    if reached > chance or reached + 2 * standard_error(head, head.targets) > bound:
        return
    if _network_sees_nothing(case, head) or _validation_is_related(case, reached):
        yield Finding(
            "labels_unrelated",
            Severity.WARNING,
            Cause.LABELS_UNRELATED,
            Where("data", "y"),
            (Evidence("skill of ordinary learners on unseen rows", reached, chance),),
            "Neither a linear model, a forest nor nearest neighbours predict y from x any better than "
            f"chance (skill {reached:.3f} over {len(head.targets)} rows), and neither does the network: the "
            "labels do not belong to these rows, or the inputs say nothing of them.",
            "Check that x and y are in the same order: shuffle, split and filter both with the same "
            "indices, and look at ten rows with their labels.",
        )


def rows_contradict(case: Case) -> Iterator[Finding]:
    """The same row comes again and again, each time with another class: x and y are shuffled apart.

    Counted are pairs of equal rows of inputs that do not repeat by chance. Of labels that are dealt anew the
    share of pairs with different classes is that of any two rows, 1 minus the sum of the squared shares of
    the classes; half of that is alarming, where the network has learnt nothing either.
    """
    head = only_head(case)
    classes = None if head is None or case.record is None else classes_in_order(head, case.sample.y)
    if classes is None or case.outcome is None or repeats_by_chance(arrays_of(case.sample.x)):
        return
    order, equal = _pairs_of_equal_rows(row_digests(case.sample.x))
    if equal.sum() < _FEWEST_PAIRS or case.outcome.training > case.settings.max_unrelated_skill:
        return
    different = float((classes[order[1:]] != classes[order[:-1]])[equal].mean())
    at_random = 1 - _same_class(classes)
    if different >= at_random / 2 > 0:
        yield Finding(
            "rows_contradict",
            Severity.WARNING,
            Cause.LABELS_UNRELATED,
            Where("data", "y"),
            (
                Evidence("share of repeated rows with another class", different, at_random / 2),
                Evidence("pairs of equal rows", float(equal.sum())),
            ),
            f"Where a row of x comes again, it has another class {different:.0%} of the time (labels "
            f"dealt at random: {at_random:.0%}): x and y are shuffled apart.",
            "Draw one permutation for each epoch, and take both x and y in its order.",
        )


def class_imbalance(case: Case) -> Iterator[Finding]:
    """A rare class that the network gives up: always saying the frequent one is an easy way to a low loss.

    With more than 9 of one class for each of another, that gives an accuracy above 0.9. It is an alarm only
    where it came to that although the rare class can be told: where a linear model or a forest with balanced
    weights does so on unseen rows. Without weights, the loss sees the rare class too seldom.
    """
    head = only_head(case)
    classes = None if head is None else classes_in_order(head, case.sample.y)
    if head is None or classes is None or _weighs_classes(case, head):
        return
    counts = np.unique(classes, return_counts=True)[1]
    ratio, most = float(counts.max() / counts.min()), case.settings.max_class_ratio
    if ratio < most or counts.min() < _FEWEST_RARE:
        return
    severity = Severity.INFO if case.record is None else _of_collapse(case, head)
    if severity is not None:
        collapsed = ", and the network hardly ever answers another" if severity > Severity.INFO else ""
        yield Finding(
            "class_imbalance",
            severity,
            Cause.CLASS_IMBALANCE,
            Where("data", "y"),
            (Evidence("rows of the most frequent class for one of the rarest", ratio, most),),
            f"The most frequent class has {ratio:.0f} rows for each of the rarest{collapsed}.",
            "Give fit a class_weight inversely proportional to how often a class occurs, or sample the rare "
            "one more often; judge by recall or average precision, not by accuracy.",
        )


def data_not_shuffled(case: Case) -> Iterator[Finding]:
    """Batches that hold one class each, for a classifier.

    The gradient of such a batch is that of "always say this class": the network runs after the class of the
    hour, and ends with that of the last (catastrophic forgetting), and batch normalisation normalises the
    classes apart. Each epoch must deal rows at random (Bengio, Practical recommendations, 2012, section 2.1).
    Purity is the mean over batches of the probability that two of its rows share their class, rescaled so
    that a random order gives 0 and one class a batch gives 1. Long runs of a class are an alarm at once,
    short ones (real and fake batches in turns) only after a training that went badly.
    """
    head = only_head(case)
    batches = None if head is None else _batches_in_order(case, head)
    if batches is None or len(batches) < _FEWEST_BATCHES:
        return
    purity = _purity(batches)
    if purity < case.settings.max_batch_purity:
        return
    severity = _of_order(case, batches)
    if severity is not None:
        yield Finding(
            "data_not_shuffled",
            severity,
            Cause.DATA_NOT_SHUFFLED,
            Where("argument", "shuffle") if not case.sample.batch_rows else Where("data", "x"),
            (Evidence("purity of batches", purity, case.settings.max_batch_purity),),
            "The rows come sorted by class, so that nearly every batch holds a single one: the network is "
            "pulled to one class after the other and forgets those before.",
            "Shuffle: fit(shuffle=True) for arrays; dataset.shuffle(number of rows) before batch for a "
            "tf.data.Dataset; flow_from_directory(shuffle=True) or a random permutation for generators.",
        )


def only_head(case: Case) -> Head | None:
    """The head of a model with one; with several, each may be trained on another part of the data."""
    return case.heads[0] if len(case.heads) == 1 else None


def classes_in_order(head: Head, targets: Any) -> NDArray[np.int64] | None:
    """(rows,) classes; None where there is not one for each row."""
    array = np.asarray(arrays_of(targets)[0]) if arrays_of(targets) else None
    if array is None or task_of(head, array) is not Task.CLASSES:
        return None
    numbers = class_numbers(head, array)
    return numbers if len(numbers) == len(array) else None


def _chance_bound(head: Head, targets: NDArray[Any]) -> float:
    """What pure chance hardly exceeds; explained shares of a variance are squares: (2 / sqrt(rows))²."""
    if task_of(head, targets) is Task.VALUES:
        return 4 / len(targets)
    return 2 * standard_error(head, targets)


def _network_sees_nothing(case: Case, head: Head) -> bool:
    outcome = case.outcome
    if outcome is None or math.isnan(outcome.training):
        return False
    held = None if case.validation is None else arrays_of(case.validation.y)
    plain = _is_plain_table(case)
    if held and outcome.validation is not None:
        at_chance = outcome.validation <= _chance_bound(head, held[0])
        by_heart = outcome.training >= 0.5  # noqa: PLR2004
        return at_chance and (plain or by_heart or _network_learnt_nothing(case, head))
    return plain


def _network_learnt_nothing(case: Case, head: Head) -> bool:
    """Whether it does not even know its training rows, though its steps could have led anywhere.

    Its weights could have moved by their own length, and its loss is that of always giving the shares of the
    classes, to a hundredth: a weak relation would have lowered it.
    """
    outcome, targets = case.outcome, head.targets
    if outcome is None or targets is None or case.record is None or head.loss.kind not in CROSSENTROPIES:
        return False
    shares = np.unique(class_numbers(head, targets), return_counts=True)[1] / len(targets)
    entropy = float(-(shares * np.log(shares)).sum())
    losses = case.record.curve("loss")
    moved = typical_update_ratio(case) * case.record.steps >= 1
    trivial = outcome.training <= case.settings.max_trivial_skill
    return bool(moved and trivial and len(losses) and losses[-1] >= 0.99 * entropy)


def _validation_is_related(case: Case, reached: float) -> bool:
    """Whether learners on validation rows alone do surely better than `reached` on unseen ones of them."""
    held = case.validation
    if held is None or held.rows < _FEWEST_UNRELATED:
        return False
    (target,) = arrays_of(held.y) or [None]
    if target is None:
        return False
    alone = replace(case, sample=held, heads=(replace(case.heads[0], targets=target),))
    rows = learnable_rows(alone)
    related = None if rows is None else unseen_skill(rows)
    return related is not None and related - reached > _CLEARLY_RELATED


def _pairs_of_equal_rows(digests: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """An order that brings equal rows together, and (rows - 1,) which of them equals the one before."""
    order = np.argsort(digests, kind="stable")
    return order, digests[order[1:]] == digests[order[:-1]]


def _is_plain_table(case: Case) -> bool:
    """Whether x is a table of a few columns, at least half of which vary continuously."""
    arrays = arrays_of(case.sample.x)
    if len(arrays) != 1 or arrays[0].ndim != 2 or arrays[0].shape[1] > _FEW_COLUMNS:  # noqa: PLR2004
        return False
    continuous = [len(np.unique(column)) >= _MANY_VALUES for column in arrays[0].T]
    return float(np.mean(continuous)) >= 0.5  # noqa: PLR2004


def _weighs_classes(case: Case, head: Head) -> bool:
    return bool(case.fit.class_weight) or case.sample.weights is not None or "focal" in head.loss.name.lower()


def _of_collapse(case: Case, head: Head) -> Severity | None:
    """A warning where hardly a rare row is told although a balanced learner tells them; else None."""
    answered = answers_of(case)
    if answered is None:
        return None
    answers, wanted = answered
    frequent = _most_frequent(wanted)
    told = float((answers[wanted != frequent] != frequent).mean())
    if told > case.settings.max_told_rare_rows:
        return None
    reachable = balanced_skill(case)
    assert head.targets is not None  # noqa: S101 - `class_imbalance` has seen them
    clear = reachable is not None and reachable > max(0.2, 2 * standard_error(head, head.targets))
    return Severity.WARNING if clear else None


def _batches_in_order(case: Case, head: Head) -> list[NDArray[np.int64]] | None:
    """Classes of each batch as the network gets them; None where `fit` shuffles, or there are no classes."""
    classes = classes_in_order(head, case.sample.y)
    if classes is None or (case.fit.shuffle and not case.sample.batch_rows):
        return None
    if len(np.unique(classes)) == 1:  # so the first rows are; others may come later
        batches = _observed_batches(case, head)
    else:
        batches = np.split(classes, _ends_of_batches(case))
    batches = [batch for batch in batches if len(batch) > 1]
    mixed = len(batches) > 0 and len(np.unique(np.concatenate(batches))) > 1
    return batches if mixed else None


def _observed_batches(case: Case, head: Head) -> list[NDArray[np.int64]]:
    """Classes of the batches that were looked at during the training."""
    observations = () if case.record is None else case.record.observations
    batches = (classes_in_order(head, seen.targets) for seen in observations if seen.targets is not None)
    return [batch for batch in batches if batch is not None]


def _ends_of_batches(case: Case) -> NDArray[Any]:
    """Places in the sample; of arrays it holds every so manieth row."""
    sample = case.sample
    if sample.batch_rows:
        return sample.ends_of_batches()
    share = sample.rows / max(sample.total_rows or sample.rows, 1)
    rows = max(round((case.fit.batch_size or _DEFAULT_BATCH_ROWS) * share), 2)
    return np.arange(rows, sample.rows, rows)


def _purity(batches: list[NDArray[np.int64]]) -> float:
    """0 for rows dealt at random, 1 for one class a batch, see `data_not_shuffled`."""
    everything = _same_class(np.concatenate(batches))
    return (float(np.mean([_same_class(batch) for batch in batches])) - everything) / (1 - everything)


def _same_class(classes: NDArray[np.int64]) -> float:
    """Probability that two different rows are of one class."""
    counts = np.unique(classes, return_counts=True)[1]
    rows = len(classes)
    return float((counts * (counts - 1)).sum() / (rows * (rows - 1)))


def _of_order(case: Case, batches: list[NDArray[np.int64]]) -> Severity | None:
    majorities = np.array([_most_frequent(batch) for batch in batches])
    runs = 1 + int((majorities[1:] != majorities[:-1]).sum())
    long = len(batches) / runs >= _LONG_RUN
    if case.record is None:
        return Severity.WARNING if long else Severity.INFO
    hurt = long if case.outcome is None else case.outcome.poor
    return Severity.WARNING if hurt else None


def _most_frequent(classes: NDArray[np.int64]) -> int:
    found, counts = np.unique(classes, return_counts=True)
    return int(found[counts.argmax()])


RULES: tuple[Rule, ...] = (labels_unrelated, rows_contradict, class_imbalance, data_not_shuffled)
