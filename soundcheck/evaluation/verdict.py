"""The verdict: what holds a model back, by how much, and the one thing to do next.

    verdict = verdict_of(Evidence(report, train_clips, signal=signal, findings=findings))

The test error is shared out (`soundcheck.evaluation.error_shares`), each subject claims what the evidence
lets it explain (`soundcheck.evaluation.explanations`), and the largest claim is named, with all that it
cannot be told from within chance.

Conventions:
    Points are hundredths of the accuracy, intervals those of 95 %.
    *Nothing* holds a model back whose error is within chance of what its test clips make unavoidable,
    doubtful ones included, and which has less than a tenth to gain at most, from which on a difference is
    worth a word (`soundcheck.evaluation.gap`). With so few clips that a tenth may hide, or so little error
    that no share of it is beyond chance, nothing can be told yet; what is missing then are clips: *data*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from soundcheck.evaluation.error_shares import POINTS, Share
from soundcheck.evaluation.explanations import Explanation, explain, is_told_apart
from soundcheck.evaluation.gap import OVERFITTED_DIFFERENCE
from soundcheck.evaluation.next_step import next_step
from soundcheck.evaluation.verdict_case import Case

if TYPE_CHECKING:
    from soundcheck.evaluation.verdict_evidence import Evidence

Subject: TypeAlias = Literal["feature code", "features", "hyper-parameters", "data", "nothing"]

_QUESTIONS = {
    "standard_learners": "does any standard algorithm beat the network, and on which clips?",
    "learning_curve": "what would twice the clips bring?",
    "repeats": "how much do seeds alone change?",
    "sensitivity": "how does it fare under noise and other changes of the sound?",
    "finer_features": "would finer features tell more?",
}


@dataclass(frozen=True)
class Question:
    """What could still be asked.

    Attributes:
        name: as `soundcheck diagnose --only` takes it.
        sentence: the question.
    """

    name: str
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """What holds a model back.

    Attributes:
        subject: the likeliest; the first of those that cannot be told apart.
        also: the others of those; empty where the subject stands alone.
        sentence: what holds it back and by how many points, or that this cannot be told yet.
        shares: the parts of the test error, which sum to it.
        ranking: all subjects with what they can explain, most first.
        next_step: the one thing to do next.
        unmeasured: what could still be asked.
    """

    subject: Subject
    also: tuple[Subject, ...]
    sentence: str
    shares: tuple[Share, ...]
    ranking: tuple[Explanation, ...]
    next_step: str
    unmeasured: tuple[Question, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Verdict:
        """What `to_dict` gave, or JSON made of it."""
        ranking = (one | {"evidence": tuple(one["evidence"])} for one in values["ranking"])
        return cls(
            subject=values["subject"],
            also=tuple(values["also"]),
            sentence=values["sentence"],
            shares=tuple(Share(**share) for share in values["shares"]),
            ranking=tuple(Explanation(**one) for one in ranking),
            next_step=values["next_step"],
            unmeasured=tuple(Question(**question) for question in values["unmeasured"]),
        )


def verdict_of(evidence: Evidence) -> Verdict:
    """Says what holds a model back.

    Raises:
        SoundcheckError: where parts of the evidence are of different clips.
    """
    case = Case(evidence)
    ranking = explain(case)
    first, *others = ranking
    tied: tuple[Explanation, ...] = ()
    if case.code_faults:
        subject, sentence = "feature code", _of_code(case)
    elif _is_as_good_as_can_be(case):
        subject, sentence = "nothing", _of_nothing(case)
    elif first.lower <= 0:
        subject, sentence = "data", _of_too_few(case)
    else:
        subject = first.subject
        tied = tuple(one for one in others if one.points > 0 and not is_told_apart(first, one))
        sentence = _of_claim(case, first, tied)
    return Verdict(
        subject=subject,
        also=tuple(one.subject for one in tied),
        sentence=sentence,
        shares=case.shares.each,
        ranking=ranking,
        next_step=next_step(case, subject, is_told=first.lower > 0),
        unmeasured=_unmeasured(evidence),
    )


def _is_as_good_as_can_be(case: Case) -> bool:
    lower, upper = case.test.interval
    unavoidable = case.shares.irreducible
    return lower <= unavoidable.upper and upper - unavoidable.points < POINTS * OVERFITTED_DIFFERENCE


def _of_code(case: Case) -> str:
    fault = case.code_faults[0]
    if case.evidence.output_order:
        return f"The outputs seem to be in another order, and nothing else can be judged before. {fault}"
    return f"The feature code holds the model back, and nothing else can be judged before: {fault}"


def _of_nothing(case: Case) -> str:
    sentence = (
        f"Nothing holds the model back beyond chance: its test error is {_with_interval(case)}, of which up "
        f"to {case.shares.irreducible.upper:.1f} may be unavoidable."
    )
    return _joined(sentence, case.behind)


def _of_too_few(case: Case) -> str:
    sentence = (
        f"What holds the model back cannot be told yet: its test error is {_with_interval(case)} on "
        f"{case.test.clips} clips, too few to tell its largest share from chance."
    )
    return _joined(sentence, case.behind)


def _of_claim(case: Case, first: Explanation, tied: tuple[Explanation, ...]) -> str:
    """The subject with its points; with whom it may be mistaken; the most telling evidence."""
    error = f"{case.test.points:.1f} points of test error"
    evidence = first.evidence[: 2 if case.behind else 1]
    if not tied:
        claim = (
            f"The {first.subject} {_verb(first)} the model back: up to {first.points:.1f} of the {error} "
            f"(95 % interval {first.lower:.1f} to {first.upper:.1f})."
        )
        return _joined(claim, *evidence)
    *others, last = (f"the {one.subject}" for one in (first, *tied))
    who = f"{', '.join(others)} or {last}".removeprefix("the ")
    points = (
        f"the {one.subject} could explain up to {one.points:.1f} (95 % interval {one.lower:.1f} to "
        f"{one.upper:.1f})"
        for one in (first, *tied)
    )
    return _joined(
        f"The {who} {_verb(tied[-1])} the model back, which cannot be told apart within chance.",
        f"Of the {error} {', '.join(points)}.",
        *evidence,
    )


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _verb(claim: Explanation) -> str:
    """`The hyper-parameters hold`, but `the data holds`: it agrees with the nearest subject."""
    return "hold" if claim.subject in {"features", "hyper-parameters"} else "holds"


def _with_interval(case: Case) -> str:
    lower, upper = case.test.interval
    return f"{case.test.points:.1f} points (95 % interval {lower:.1f} to {upper:.1f})"


def _unmeasured(evidence: Evidence) -> tuple[Question, ...]:
    measured = {
        "standard_learners": evidence.learners,
        "learning_curve": evidence.learning_curve,
        "repeats": evidence.repeats,
        "sensitivity": evidence.sensitivity,
        "finer_features": evidence.feature_trial,
    }
    return tuple(Question(name, sentence) for name, sentence in _QUESTIONS.items() if measured[name] is None)
