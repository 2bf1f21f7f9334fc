"""What each of four subjects can explain of the test error: feature code, data, hyper-parameters, features.

A subject claims a share of the error only where a measurement speaks against it:

- *Feature code*: its self-test failed, shuffled labels were recognised, stored features are not those of the
  sound, or the outputs are in another order. Then no other figure means anything, and it claims all.
- *Features*: they do not tell synthetic words, or finer ones tell more of the real words. Features that hold
  less are harder to fit and need more clips: they claim bias and variance.
- *Hyper-parameters*: a finding of the training, or an ordinary learner that is better on the test clips. They
  claim the avoidable bias; the variance where the finding is of overfitting.
- *Data*: the variance, since more clips close any gap between seen and unseen ones; what certain errors and
  suspected labels make up; and all, where a finding or the signal says that the labels are not to be learnt.

Code comes before features, features before data, and a cause that a trial has proven before what only looks
like one: what comes first explains what comes after. Bias that nothing speaks for is claimed by
hyper-parameters and features alike; where labels seem not to be learnt, and finer features were not tried,
data, hyper-parameters and features claim the same: too short a training, wrong labels and coarse features
look alike.

Claims overlap, since they are upper bounds: what one subject explains another may explain as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from soundcheck.evaluation.error_shares import POINTS
from soundcheck.evaluation.verdict_case import messages

if TYPE_CHECKING:
    from soundcheck.evaluation.error_shares import Share
    from soundcheck.evaluation.verdict_case import Case, Lead
    from soundcheck.evaluation.verdict_evidence import Evidence

Explaining: TypeAlias = Literal["feature code", "features", "hyper-parameters", "data"]


@dataclass(frozen=True)
class Explanation:
    """What one subject can explain.

    Attributes:
        subject: which one.
        points: of the test error, at most.
        lower: lower end of the interval of these points.
        upper: upper end of it.
        evidence: what speaks for it, in plain words, or what clears it; the most telling first.
    """

    subject: Explaining
    points: float
    lower: float
    upper: float
    evidence: tuple[str, ...]


def explain(case: Case) -> tuple[Explanation, ...]:
    """What each subject can explain, most first.

    Of equals that comes first whose remedy is the surest: code, data, hyper-parameters, features. Where the
    network is behind an ordinary learner, the first begins with that, whatever it is.
    """
    each = (_feature_code(case), _data(case), _hyper_parameters(case), _features(case))
    first, *others = sorted((_possible(case, one) for one in each), key=lambda one: -one.points)  # stable
    return _with_standing(case, first), *others


def _with_standing(case: Case, claim: Explanation) -> Explanation:
    if not case.behind:
        return claim
    others = (sentence for sentence in claim.evidence if sentence != case.behind)
    return replace(claim, evidence=(case.behind, *others))


def _feature_code(case: Case) -> Explanation:
    if case.code_faults:
        lower, upper = case.test.interval
        return Explanation("feature code", case.test.points, lower, upper, case.code_faults)
    tested = case.evidence.signal is not None
    cleared = "Its self-test holds." if tested else "Its self-test was not run."
    return _cleared("feature code", cleared)


def _features(case: Case) -> Explanation:
    shares, trial = case.shares, case.evidence.feature_trial
    if case.feature_faults:
        return _claim("features", (shares.bias, shares.variance), case.feature_faults)
    if case.has_bias and trial is None and case.label_faults:
        sentence = "Features that are too coarse look the same as wrong labels; finer ones were not tried."
        return _claim("features", (shares.bias, shares.variance), (sentence,))
    if _is_unexplained(case) and trial is None and not _learner_fits_better(case):
        sentence = "Nothing says whether the features hold what it takes to tell all training clips."
        return _claim("features", (shares.bias,), (sentence,))
    if trial is not None:
        return _cleared("features", trial.sentence)
    return _cleared("features", "Nothing that was measured speaks against them.")


def _hyper_parameters(case: Case) -> Explanation:
    shares = case.shares
    claimed = [shares.bias] if case.fitting_faults or _is_unexplained(case) else []
    looks_alike = _is_unexplained(case) and bool(case.label_faults)
    claimed += [shares.variance] if case.generalisation_alarms or looks_alike else []
    sentences = (*case.fitting_faults, *messages(case.generalisation_alarms), *_of_repeats(case.evidence))
    if not claimed:
        return _cleared("hyper-parameters", *_of_training(case.evidence), *_of_repeats(case.evidence))
    if _is_unexplained(case):
        sentences = (
            f"{shares.bias.sentence} More epochs or a wider network may fit them.",
            *_of_training(case.evidence),
            *sentences,
        )
    claim = _claim("hyper-parameters", claimed, sentences)
    return _at_least(claim, case.lead)


def _data(case: Case) -> Explanation:
    shares, evidence = case.shares, case.evidence
    reasons = (*case.label_faults, shares.variance.sentence)
    sentences = (
        *(reasons if case.has_bias else reversed(reasons)),
        *_of_labels(case),
        *_of_collection(evidence),
    )
    if case.label_faults:
        return _claim("data", shares.each, sentences)
    return _claim("data", (shares.irreducible, _doubtful_part(case), shares.variance), sentences)


def _doubtful_part(case: Case) -> Share:
    """The bias that doubtful training clips make up, where the network could not learn them by heart.

    None where features hold too little: labels were judged by the same features.
    """
    bias = case.shares.bias
    doubtful = 0.0 if case.feature_faults else case.train.doubtful_points
    points, lower, upper = (min(value, doubtful) for value in (bias.points, bias.lower, bias.upper))
    return replace(bias, points=points, lower=lower, upper=upper)


def _is_unexplained(case: Case) -> bool:
    """Whether there is bias and nothing but the looks of the signal speaks for where it comes from."""
    return case.has_bias and not (case.feature_faults or case.fitting_faults or case.data_alarms)


def _claim(subject: Explaining, shares: Sequence[Share], sentences: tuple[str, ...]) -> Explanation:
    """All of some shares; one that chance has made negative is none."""
    points, lower, upper = (
        sum(max(0.0, value) for value in values)
        for values in zip(*((share.points, share.lower, share.upper) for share in shares), strict=True)
    )
    return Explanation(subject, points, lower, upper, sentences)


def _cleared(subject: Explaining, *sentences: str) -> Explanation:
    return Explanation(subject, 0.0, 0.0, 0.0, sentences)


def _at_least(claim: Explanation, lead: Lead | None) -> Explanation:
    """What an ordinary learner gets right is not out of reach, whatever the training clips say."""
    if lead is None or lead.points <= claim.points:
        return claim
    return replace(
        claim, points=lead.points, lower=max(claim.lower, lead.lower), upper=max(claim.upper, lead.upper)
    )


def is_told_apart(first: Explanation, second: Explanation) -> bool:
    """Whether the first claim is larger, beyond chance: the interval of the difference, from those of both.

    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general approach",
    Statistics in Medicine 27 (2008), of which Newcombe's interval is a case.
    """
    reach = math.hypot(first.points - first.lower, second.upper - second.points)
    return first.points - second.points > reach


def _possible(case: Case, claim: Explanation) -> Explanation:
    """No more than there is of test error: bias is measured on other clips."""
    points = min(claim.points, case.test.points)
    upper = min(claim.upper, case.test.interval[1]) if points else 0.0
    return replace(claim, points=points, lower=min(claim.lower, points), upper=max(upper, points))


def _learner_fits_better(case: Case) -> bool:
    """Whether an ordinary learner fits the training clips at least as well by the same features."""
    baselines = case.evidence.baselines
    if baselines is None:
        return False
    best = max(one.train_accuracy for one in baselines.baselines)
    return best >= 1 - case.train.wrong / case.train.clips


def _of_training(evidence: Evidence) -> tuple[str, ...]:
    if evidence.findings is None:
        return ("The training was not watched.",)
    if evidence.alarms:
        return ("No finding of the training says that they are wrong.",)
    if evidence.findings:
        remarks = f"{len(evidence.findings)} remark{'' if len(evidence.findings) == 1 else 's'}"
        return (f"The training was watched: nothing that must change was found ({remarks}).",)
    return ("The training was watched, and nothing was wrong with it.",)


def _of_repeats(evidence: Evidence) -> tuple[str, ...]:
    if evidence.repeats is None:
        return ()
    return (f"Another seed alone changes the accuracy by {POINTS * evidence.repeats.deviation:.1f} points.",)


def _of_labels(case: Case) -> tuple[str, ...]:
    if case.evidence.irreducible is None:
        return ()
    return (f"Of the test clips: {case.evidence.irreducible['test']['verdict']}.",)


def _of_collection(evidence: Evidence) -> tuple[str, ...]:
    """What more clips, and whose, would bring; perturbed sound explains no error on the clips as they are."""
    slices = evidence.slices
    worst = slices.worst[:1] if slices is not None else ()
    sentences = [f"Worse than the rest: {one.name}, accuracy {one.accuracy}." for one in worst]
    if slices is not None and slices.speakers is not None and slices.speakers.is_beyond_chance:
        sentences.append(slices.speakers.sentence)
    if evidence.learning_curve is not None:
        sentences.insert(0, evidence.learning_curve.sentence)
    if evidence.leakage is not None:
        sentences.append(evidence.leakage.verdict)
    return tuple(sentences)
