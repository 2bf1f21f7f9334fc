"""A model's case: its evidence, the shares of its error, and what speaks against each subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from soundcheck.debugging.findings import Cause
from soundcheck.evaluation.error_shares import POINTS, share_out
from soundcheck.evaluation.metrics import newcombe_interval, wilson_interval
from soundcheck.evaluation.verdict_evidence import ROUNDING_OF_HALF_PRECISION, is_proven

if TYPE_CHECKING:
    from soundcheck.debugging.findings import Finding
    from soundcheck.evaluation.error_shares import Errors, Shares
    from soundcheck.evaluation.verdict_evidence import Evidence
    from soundcheck.training.baselines import Baselines

_OF_FEATURES = frozenset(
    {
        Cause.INPUT_NOT_NORMALISED,
        Cause.NON_FINITE_DATA,
        Cause.CONSTANT_FEATURE,
        Cause.WRONG_AXIS,
    }
)
_OF_DATA = frozenset(
    {
        Cause.LABELS_UNRELATED,
        Cause.CLASS_IMBALANCE,
        Cause.DATA_NOT_SHUFFLED,
        Cause.DISTRIBUTION_SHIFT,
        Cause.DATA_LEAK,
    }
)
_OF_GENERALISATION = frozenset({Cause.OVERFITTING, Cause.CAPACITY_TOO_LARGE, Cause.EPOCHS_TOO_MANY})


_SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Lead:
    """What an ordinary learner is ahead of the network on the test clips, beyond chance, in points.

    Attributes:
        points: how much.
        lower: lower end of the interval.
        upper: upper end of it.
        sentence: the same in plain words.
    """

    points: float
    lower: float
    upper: float
    sentence: str


@dataclass(frozen=True)
class Case:
    """Evidence with the shares of the error, and what follows from both."""

    evidence: Evidence

    @cached_property
    def train(self) -> Errors:
        """Errors on the training clips."""
        return self.evidence.errors("train")

    @cached_property
    def test(self) -> Errors:
        """Errors on the test clips."""
        return self.evidence.errors("test")

    @cached_property
    def shares(self) -> Shares:
        """The test error, shared out."""
        return share_out(self.train, self.test)

    @cached_property
    def has_bias(self) -> bool:
        """Whether the training clips are not fitted, beyond chance and beyond doubtful clips."""
        return self.shares.bias.lower > self.train.doubtful_points

    @cached_property
    def code_faults(self) -> tuple[str, ...]:
        """What says that the code of features or evaluation is wrong, the order of the outputs included."""
        evidence, order = self.evidence, self.evidence.output_order
        faults = [order.sentence] if order else []
        faults += [evidence.failed_look(name) for name in ("features", "shuffled labels")]
        differ = evidence.features_differ
        if differ is not None and not differ <= ROUNDING_OF_HALF_PRECISION:
            faults.append(
                f"Stored features differ by {differ:.2g} of the largest one from those computed again; "
                f"rounding explains {ROUNDING_OF_HALF_PRECISION:.1g}."
            )
        return tuple(fault for fault in faults if fault)

    @cached_property
    def feature_faults(self) -> tuple[str, ...]:
        """What says that the features hold too little."""
        trial = self.evidence.feature_trial
        finer = [trial.sentence] if trial is not None and trial.finer_are_better else []
        coarse = self.evidence.failed_look("synthetic words")
        return (*finer, *([coarse] if coarse else []), *messages(self.feature_alarms))

    @cached_property
    def fitting_faults(self) -> tuple[str, ...]:
        """What says that the training could have gone better."""
        return (*messages(self.fitting_alarms), *([self.lead.sentence] if self.lead else []))

    @cached_property
    def label_faults(self) -> tuple[str, ...]:
        """What says that the labels cannot be learnt from these clips.

        The looks of the signal are an ordinary learner's: they count for nothing where one is ahead of the
        network, which shows that more is to be learnt than it has.
        """
        found = messages(self.data_alarms)
        if self.feature_faults or self.lead or any(is_proven(one) for one in self.evidence.alarms):
            return found
        looks = [self.evidence.failed_look(name) for name in ("easiest clips", "all clips")]
        return (*found, *(look for look in looks if look))

    @cached_property
    def lead(self) -> Lead | None:
        """What an ordinary learner has ahead of the network."""
        return _lead_of_learners(self.evidence) or _lead_of_baselines(self.evidence)

    @cached_property
    def behind(self) -> str:
        """That the network is behind an ordinary learner, beyond chance or not; "" where it is not.

        Nor where the code is at fault, before which nothing can be judged.
        """
        if self.code_faults:
            return ""
        return self.lead.sentence if self.lead else _below_baselines(self.evidence)

    @cached_property
    def feature_alarms(self) -> tuple[Finding, ...]:
        """Findings that hurt and lie with the features."""
        return self._alarms(_OF_FEATURES)

    @cached_property
    def data_alarms(self) -> tuple[Finding, ...]:
        """Those that lie with the clips or their labels."""
        return self._alarms(_OF_DATA)

    @cached_property
    def fitting_alarms(self) -> tuple[Finding, ...]:
        """Those that kept the network from fitting its training clips."""
        return self._alarms(frozenset(Cause) - _OF_FEATURES - _OF_DATA - _OF_GENERALISATION)

    @cached_property
    def generalisation_alarms(self) -> tuple[Finding, ...]:
        """Those that made it fit them too closely."""
        return self._alarms(_OF_GENERALISATION)

    def _alarms(self, causes: frozenset[Cause]) -> tuple[Finding, ...]:
        """Of these causes, proven ones first."""
        found = (one for one in self.evidence.alarms if one.cause in causes)
        return tuple(sorted(found, key=lambda one: not is_proven(one)))


def messages(findings: Sequence[Finding]) -> tuple[str, ...]:
    """What findings say."""
    return tuple(one.message for one in findings)


def _lead_of_learners(evidence: Evidence) -> Lead | None:
    """By Wilson's interval of the learner's share of the clips that one of the two alone gets right.

    Clips that both get right, or both wrong, do not tell (Q. McNemar, Psychometrika 12 (1947)). The more
    learners there are, of which this is the best, the wider the interval (Bonferroni).
    """
    if evidence.learners is None:
        return None
    rivals, clips = evidence.learners.rivals, evidence.learners.clips
    best, level = rivals[0], 1 - _SIGNIFICANCE / len(rivals)
    changed = best.only_rival + best.only_network
    if not changed:
        return None
    shares = (best.only_rival / changed, *wilson_interval(best.only_rival, changed, level))
    return _lead(best.name, *((2 * share - 1) * changed / clips for share in shares))


def _lead_of_baselines(evidence: Evidence) -> Lead | None:
    """By Newcombe's interval, which is too wide for two on the same clips: it errs towards silence.

    Also where the best of several baselines is compared, which Bonferroni's level accounts for.
    """
    if evidence.baselines is None:
        return None
    level = 1 - _SIGNIFICANCE / len(evidence.baselines.baselines)
    name, right, network_right = _beside_best_baseline(evidence, evidence.baselines)
    clips = evidence.test_clips
    interval = newcombe_interval(right, clips, network_right, clips, level)
    return _lead(name, (right - network_right) / clips, *interval)


def _below_baselines(evidence: Evidence) -> str:
    if evidence.baselines is None:
        return ""
    name, right, network_right = _beside_best_baseline(evidence, evidence.baselines)
    if network_right >= right:
        return ""
    clips = evidence.test_clips
    return (
        f"The network is below the best baseline: it recognises {network_right / clips:.3f} of {clips} test "
        f"clips, {name} {right / clips:.3f}, which chance alone may explain."
    )


def _beside_best_baseline(evidence: Evidence, baselines: Baselines) -> tuple[str, int, int]:
    """The best baseline's name, how many test clips it recognises, and how many the network does."""
    best = max(baselines.baselines, key=lambda one: one.test_accuracy)
    clips = evidence.test_clips
    right, network_right = round(best.test_accuracy * clips), clips - evidence.errors("test").wrong
    return best.name.replace("_", " "), right, network_right


def _lead(name: str, ahead: float, lower: float, upper: float) -> Lead | None:
    if lower <= 0:
        return None
    points = POINTS * ahead
    sentence = f"On the test clips {name} is {points:.1f} points better than the network."
    return Lead(points, POINTS * lower, POINTS * upper, sentence)
