"""Trials: does the change that a finding asks for help? Trained for a short while, with and without."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.case import Case
from soundcheck.debugging.changes import CHANGES
from soundcheck.debugging.experiments import Plan, Run, train, trainable_by_loss
from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.outcome import behind, skill, standard_error
from soundcheck.debugging.samples import arrays_of

_DEFAULT_BATCH = 32
_NONE_AT_ALL = -1.0
"""The skill of a model whose outputs are no numbers: the least there is."""

_CERTAIN = frozenset(
    {Cause.NON_FINITE_DATA, Cause.COMPILE_ARGUMENTS, Cause.LABEL_ENCODING, Cause.OUTPUT_UNITS}
)
"""Nothing needs to be tried where the data and the loss contradict each other."""

_RATE = Where("argument", "optimizer")
_USUAL_SUSPECTS = (
    (Cause.LEARNING_RATE_HIGH, _RATE, "Lower the learning rate, at first to a tenth."),
    (Cause.EPOCHS_TOO_FEW, Where("argument", "epochs"), "Train for five times as many epochs."),
    (
        Cause.HIDDEN_ACTIVATION,
        Where("model", "hidden layers"),
        "Use relu as the activation of the hidden layers.",
    ),
    (Cause.OPTIMIZER, _RATE, "Use Adam with a learning rate of 0.001."),
    (Cause.LEARNING_RATE_LOW, _RATE, "Raise the learning rate, at first tenfold."),
)
"""What is tried where a training went badly and no rule's remedy helped.

Unscaled inputs and rates far from the usual are for the rules; so what changes least comes first.
"""


@dataclass(frozen=True)
class Trial:
    """What a change did to a short training.

    Attributes:
        cause: whose remedy was tried.
        metric: what is compared: "skill" (1 perfect, 0 no better than a constant; see `outcome.skill`) or
            "loss" where there is no skill to be measured.
        before: without the change.
        after: with it.
        steps: batches that either training saw at most.
        vanished: whether it made a good training of a bad one: its skill is behind an ordinary learner's
            without the change, and is not with it, by no less than a standard error; or, where only the loss
            can be told, it is halved.
    """

    cause: Cause
    metric: str
    before: float
    after: float
    steps: int
    vanished: bool

    @property
    def gain(self) -> float:
        """How much better the training is with the change."""
        return self.before - self.after if self.metric == "loss" else self.after - self.before


def confirmed(case: Case, findings: Sequence[Finding], start: Sequence[NDArray[Any]]) -> list[Finding]:
    """Findings of a training that went badly, in the order that trials of their remedies suggest.

    The remedies are tried in the order of the findings, then the usual suspects; the first that makes the
    training a good one is the likely cause. Where none does, the order stays; so it does where a short
    training goes well as it is.

    Args:
        case: of the training, finished.
        findings: ranked.
        start: the values of the model's weights when the training began.
    """
    if case.outcome is None or not case.outcome.poor or not trainable_by_loss(case.model):
        return list(findings)
    if findings and findings[0].severity == Severity.ERROR and findings[0].cause in _CERTAIN:
        return list(findings)
    causes = [finding.cause for finding in findings] + [cause for cause, *_ in _USUAL_SUSPECTS]
    for trial in trials_of(case, start, dict.fromkeys(causes)):
        if trial.vanished:
            return _first(trial, findings)
        if not behind(case, trial.before):
            break
    return list(findings)


def _plan(case: Case, start: Iterable[NDArray[Any]]) -> Plan:
    steps = case.settings.trial_steps
    done = 0 if case.record is None else case.record.steps
    return Plan(
        case.sample,
        steps=min(steps, done) if done else steps,
        batch_size=case.fit.batch_size or (case.sample.batch_rows or (_DEFAULT_BATCH,))[0],
        shuffled=case.fit.shuffle and not case.sample.batch_rows,
        start=tuple(start),
    )


def trials_of(case: Case, start: Iterable[NDArray[Any]], causes: Iterable[Cause]) -> Iterator[Trial]:
    """One trial for each cause that has a change, with the best of its plans, until the time is up.

    None where the training cannot be repeated at all, of which there is a warning.

    Args:
        case: of the training.
        start: the values of the model's weights when it began.
        causes: in the order in which they are tried.
    """
    plan = _plan(case, start)
    before = _tried(case, plan, "the training as it was")
    started_s = time.monotonic()
    for cause in causes if before is not None else ():
        if time.monotonic() - started_s > 3 * case.settings.trial_seconds:
            return
        for changed in CHANGES[cause](case, plan) if cause in CHANGES else ():
            after = _tried(case, changed, f"the remedy of {cause}")
            if before is not None and after is not None:
                trial = _compared(case, cause, plan, before, after)
                yield trial
                if trial.vanished:
                    break


def _tried(case: Case, plan: Plan, what: str) -> float | None:
    """As `_measured`; what an unusual model does not bear must not cost what was found before it."""
    try:
        return _measured(case, plan)
    except Exception as error:  # noqa: BLE001
        warnings.warn(f"{what} could not be tried: {error!r}", RuntimeWarning, stacklevel=2)
        return None


def _measured(case: Case, plan: Plan) -> float | None:
    """The skill that a short training reaches on its own rows; its loss with a minus where there is none."""
    run = train(case.model, plan, case.settings.trial_seconds)
    return None if run is None else _score(case, plan, run)


def _score(case: Case, plan: Plan, run: Run) -> float:
    if case.outcome is None and not _scored(case):
        return -run.last if np.isfinite(run.last) else -np.inf
    outputs, targets = arrays_of(run.outputs)[0], arrays_of(plan.sample.y)[0]
    reached = skill(case.heads[0], outputs, targets)
    return reached if np.isfinite(reached) else _NONE_AT_ALL


def _scored(case: Case) -> bool:
    return bool(case.heads) and case.heads[0].targets is not None and case.standard is not None


def _compared(case: Case, cause: Cause, plan: Plan, before: float, after: float) -> Trial:
    if case.outcome is not None or _scored(case):
        return Trial(cause, "skill", before, after, plan.steps, _mends(case, before, after))
    return Trial(cause, "loss", -before, -after, plan.steps, after > before / 2)


def _mends(case: Case, before: float, after: float) -> bool:
    """Whether a change makes a good training of a bad one, by no less than a standard error of the skill.

    That the training itself went badly is not enough. Where the short one without the change goes well, it is
    not what failed (it has fewer rows, the weights or layers of now, or ends before the failure), and nothing
    that is changed in it can tell the cause.
    """
    head = case.heads[0]
    assert head.targets is not None  # noqa: S101 - the skill was measured on them
    clear = after - before >= standard_error(head, head.targets)
    return clear and behind(case, before) and not behind(case, after)


def _first(trial: Trial, findings: Sequence[Finding]) -> list[Finding]:
    """The finding whose change helped before all others, with what the trial measured.

    It is as severe as whatever was found: it is what that comes from.
    """
    severity = max([Severity.WARNING, *(finding.severity for finding in findings)])
    evidence = (
        Evidence(f"{trial.metric} of a short training with the change", trial.after, trial.before),
        Evidence("steps of the short trainings", trial.steps),
    )
    told = (
        f" Tried: in {trial.steps} steps the training reaches a {trial.metric} of {trial.after:.2f} with the "
        f"change, {trial.before:.2f} without."
    )
    for finding in findings:
        if finding.cause == trial.cause:
            proven = replace(
                finding,
                severity=severity,
                evidence=(*finding.evidence, *evidence),
                message=finding.message + told,
            )
            return [proven, *(one for one in findings if one.cause != trial.cause)]
    cause, where, remedy = next(one for one in _USUAL_SUSPECTS if one[0] == trial.cause)
    message = "The training went badly, and this one change mends it." + told
    found = Finding("trial", severity, cause, where, evidence, message, remedy)
    return [found, *findings]
