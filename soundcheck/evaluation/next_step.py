"""The one thing to do next, as an imperative, by what holds a model back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundcheck.evaluation.learning_curve import WOULD_HELP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundcheck.debugging.findings import Finding
    from soundcheck.evaluation.verdict_case import Case


_MEND_THE_CODE = (
    "Mend what computes the features (or the code that evaluates), until the self-test holds and stored "
    "features are those of the sound; then train again."
)
_KEEP = "Keep this model; try it on clips from where it will be used."
_FINER_FEATURES = (
    "Make the features finer: more features.mel_bands, a shorter features.frame_length_ms and "
    "features.frame_step_ms; the defaults are those of the published networks."
)
_MORE_TRAINING = "Train longer or wider: raise training.epochs, then model.width."
_LESS_TRAINING = "Train shorter or narrower: lower training.epochs, then model.width."
_RULE_OUT = "Rule out what is cheapest to try: train longer (training.epochs), then wider (model.width)"
_FINER = "; ask `soundcheck diagnose --only finer_features`"
_THEN_LISTEN = "; then listen to the clips whose labels are most doubtful."
_LISTEN = (
    "Listen to the clips whose labels are most doubtful, and correct them; where they are right, record more "
    "clips."
)
_MORE_TEST_CLIPS = "Set more clips aside: record more, or raise data.test_fraction."


def next_step(case: Case, subject: str, *, is_told: bool) -> str:
    """What to do about a subject, the first remedy that the evidence holds.

    Args:
        case: the evidence.
        subject: as the verdict names it.
        is_told: whether any share of the error is beyond chance.
    """
    if subject == "feature code":
        order = case.evidence.output_order
        return order.remedy if order else _MEND_THE_CODE
    if subject == "nothing":
        return _KEEP
    if subject == "features":
        return _remedy(case.feature_alarms) or _FINER_FEATURES
    if subject == "hyper-parameters":
        alarms = (*case.fitting_alarms, *case.generalisation_alarms)
        return _remedy(alarms) or (_MORE_TRAINING if case.has_bias else _LESS_TRAINING)
    return _of_data(case) if is_told else _MORE_TEST_CLIPS


def _remedy(alarms: Sequence[Finding]) -> str | None:
    return alarms[0].remedy if alarms else None


def _of_data(case: Case) -> str:
    """Labels before more clips, which would be labelled no better."""
    remedy = _remedy(case.data_alarms)
    if remedy:
        return remedy
    labels_are_doubtful = case.label_faults and not case.evidence.failed_look("all clips")
    if labels_are_doubtful and case.has_bias and not case.fitting_faults:
        return _RULE_OUT + ("" if case.evidence.feature_trial else _FINER) + _THEN_LISTEN
    if labels_are_doubtful or case.test.doubtful_points > case.shares.variance.points:
        return _LISTEN
    return _of_more_clips(case)


def _of_more_clips(case: Case) -> str:
    """More clips: whose, and what they would bring."""
    evidence = case.evidence
    if evidence.slices is not None and evidence.slices.worst:
        return f"Record more clips such as the model fails on: {evidence.slices.worst[0].name}."
    gap = None if evidence.leakage is None else evidence.leakage.gap
    whose = "of new speakers" if gap is not None and gap.lower > 0 else "of many speakers"
    curve = evidence.learning_curve
    if curve is not None and not curve.obstacle and curve.prospect == WOULD_HELP:
        return (
            f"Record as many clips again, {whose}: that should bring an accuracy of {curve.doubled:.3f} "
            f"instead of {curve.accuracy:.3f}."
        )
    return f"Record more clips, {whose}; augmentation is second best."
