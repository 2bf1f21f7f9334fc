"""What a verdict is taken from: results of the stages, as they are, and which of them there are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from soundcheck.debugging.findings import Severity
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.error_shares import Errors

if TYPE_CHECKING:
    from soundcheck.audit.leakage import Leakage
    from soundcheck.audit.signal import Signal
    from soundcheck.debugging.findings import Finding
    from soundcheck.evaluation.feature_trial import FeatureTrial
    from soundcheck.evaluation.learning_curve import LearningCurve
    from soundcheck.evaluation.output_order import OutputOrder
    from soundcheck.evaluation.repeats import Repeats
    from soundcheck.evaluation.sensitivity import Sensitivity
    from soundcheck.evaluation.slices import Slices
    from soundcheck.evaluation.standard_learners import StandardLearners
    from soundcheck.training.baselines import Baselines

ROUNDING_OF_HALF_PRECISION = 2.0**-10
"""Features stored in float16 are off by 2 ** -11 of each number at most (IEEE 754, round to nearest), and
computed again by another library by less than as much again."""

_OF_A_TRIAL = "of a short training with the change"  # as `soundcheck.debugging.trials` names its evidence


@dataclass(frozen=True)
class Evidence:
    """Results of one model; None where something was not measured.

    Attributes:
        report: as `soundcheck.evaluation.report.metrics_by_split` gives it.
        train_clips: how many clips the network was trained on.
        irreducible: of the splits "train" and "test", as `IrreducibleError.to_dict` gives it.
        signal: whether the features carry the label, and the self-test of their code.
        leakage: what knowing the speakers is worth.
        baselines: the ordinary learners that every training is held against.
        findings: of the training, the likely root cause first.
        learners: the network beside standard algorithms.
        learning_curve: what twice the data would bring.
        repeats: what seeds alone change.
        sensitivity: accuracy under perturbed sound.
        slices: clips on which the model is worse than on the rest.
        features_differ: largest difference between stored features and those computed again from the sound,
            over the largest magnitude among both.
        feature_trial: whether finer features tell more.
        output_order: the order in which the outputs seem to be, where it is not that of their names.
    """

    report: Mapping[str, Any]
    train_clips: int
    irreducible: Mapping[str, Mapping[str, Any]] | None = None
    signal: Signal | None = None
    leakage: Leakage | None = None
    baselines: Baselines | None = None
    findings: tuple[Finding, ...] | None = None
    learners: StandardLearners | None = None
    learning_curve: LearningCurve | None = None
    repeats: Repeats | None = None
    sensitivity: Sensitivity | None = None
    slices: Slices | None = None
    features_differ: float | None = None
    feature_trial: FeatureTrial | None = None
    output_order: OutputOrder | None = None

    @property
    def test_clips(self) -> int:
        """How many clips the test error is of."""
        return sum(sum(row) for row in self.report["confusion"])

    def errors(self, split: str) -> Errors:
        """What "train" or "test" holds of errors.

        Raises:
            SoundcheckError: where the audit is of other clips than the report.
        """
        clips = self.train_clips if split == "train" else self.test_clips
        wrong = clips - round(self.report["metrics"][split]["accuracy"] * clips)
        if self.irreducible is None:
            return Errors(clips, wrong)
        audited = self.irreducible[split]
        if audited["clips"] != clips:
            raise SoundcheckError(
                f"irreducible[{split!r}] is of {audited['clips']} clips and the report of {clips}; give the "
                "audit and the report of the same manifest"
            )
        doubtful = audited["faint_errors"] + audited["suspects"]
        certain = min(audited["certain_errors"], wrong)  # clips of unlike constants may happen to be told
        return Errors(clips, wrong, certain, doubtful)

    def failed_look(self, name: str) -> str | None:
        """What a look of the signal says that failed; None where it did not."""
        looks = () if self.signal is None else self.signal.looks
        return next((look.sentence for look in looks if look.name == name and not look.passed), None)

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings that hurt."""
        return tuple(one for one in self.findings or () if one.severity >= Severity.WARNING)


def is_proven(finding: Finding) -> bool:
    """Whether a trial has mended the training by the finding's change."""
    return any(one.name.endswith(_OF_A_TRIAL) for one in finding.evidence)
