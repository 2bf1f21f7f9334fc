"""The verdict: subjects by small evidence, what always holds, and trainings with planted faults."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import FAULTS, judge, real_manifest

from soundcheck.audit.association import Correlations, MutualInformation
from soundcheck.audit.irreducible_error import IrreducibleError
from soundcheck.audit.leakage import Estimate, Leakage
from soundcheck.audit.separability import Separability, Trial
from soundcheck.audit.signal import Signal
from soundcheck.data.sources import Source
from soundcheck.debugging.findings import Cause, Finding, Severity, Where
from soundcheck.debugging.findings import Evidence as Measured
from soundcheck.errors import SoundcheckError
from soundcheck.evaluation.conditions import Condition
from soundcheck.evaluation.feature_trial import FeatureTrial, try_finer_features
from soundcheck.evaluation.learning_curve import Runs, fit_learning_curve
from soundcheck.evaluation.output_order import OutputOrder
from soundcheck.evaluation.proportions import proportion
from soundcheck.evaluation.repeats import summarise
from soundcheck.evaluation.sensitivity import Sensitivity
from soundcheck.evaluation.slices import Slice, Slices
from soundcheck.evaluation.speakers import SpeakerErrors, SpeakerTest
from soundcheck.evaluation.standard_learners import Rival, StandardLearners
from soundcheck.evaluation.verdict import Verdict, verdict_of
from soundcheck.evaluation.verdict_evidence import Evidence
from soundcheck.features.self_test import Verdict as Look
from soundcheck.training.baselines import Baseline, Baselines

LOOKS = (
    "features",
    "synthetic words",
    "shuffled labels",
    "correlations",
    "mutual information",
    "enough clips",
    "all clips",
    "easiest clips",
)


def report(train_accuracy: float, test_clips: int, test_wrong: int) -> dict[str, Any]:
    """The part of `metrics_by_split` that counts."""
    right = test_clips - test_wrong
    return {
        "metrics": {"train": {"accuracy": train_accuracy}, "test": {"accuracy": right / test_clips}},
        "confusion": [[right, test_wrong], [0, 0]],
    }


def evidence(
    train_wrong: int = 5, test_wrong: int = 60, train_clips: int = 1000, test_clips: int = 300, **values: Any
) -> Evidence:
    """A network that learnt its training clips and is less good on others, unless told otherwise."""
    given_report = report(1 - train_wrong / train_clips, test_clips, test_wrong)
    return Evidence(given_report, train_clips, **values)


def signal(*failed: str) -> Signal:
    """A signal of which some looks failed."""
    trial = Trial(90, 100, 0.1, 100.0)
    return Signal(
        correlations=Correlations(((0, 1),), 2, np.zeros((2, 4)), 0.1),
        information=MutualInformation(np.zeros(2), 0.1, 1.0),
        separability=Separability(trial, trial, trial, trial, 1.0, apart=True),
        self_test=(),
        looks=tuple(Look(name, name not in failed, f"What {name} says.") for name in LOOKS),
        verdict="",
    )


def irreducible(clips: int, certain: int = 0, suspects: int = 0) -> dict[str, Any]:
    return IrreducibleError(clips, certain, 0, certain, 0, 0.0, suspects, labels_judged=True).to_dict()


def audited(test_certain: int = 0, test_suspects: int = 0, train_suspects: int = 0) -> dict[str, Any]:
    return {
        "train": irreducible(1000, suspects=train_suspects),
        "test": irreducible(300, test_certain, test_suspects),
    }


def finding(cause: Cause, severity: Severity = Severity.WARNING, *, proven: bool = False) -> Finding:
    measured = (Measured("skill of a short training with the change", 0.9, 0.1),) if proven else ()
    return Finding(
        "rule", severity, cause, Where("argument", "fit"), measured, f"It is {cause}.", f"Mend {cause}."
    )


def baselines(train_accuracy: float, test_accuracy: float) -> Baselines:
    one = Baseline("logistic_regression", train_accuracy, test_accuracy, test_accuracy, overfitted=False)
    return Baselines((one,), 0, "mean of band 0", np.zeros((2, 2)))


def learners(only_network: int, only_rival: int) -> StandardLearners:
    rival = Rival("random forest", 0.7, 0.65, 0.75, 0.5, 0.5, 100, only_network, only_rival, 0, 0)
    return StandardLearners((rival,), 0.7, (0.65, 0.75), 300, 1000, (), (), (), ())


def leakage(gap: Estimate) -> Leakage:
    return Leakage(gap, gap, gap, None, 900, 90, "Knowing the speakers is worth something.")


def worst_slice() -> Slices:
    few, rest = proportion(10, 30), proportion(230, 270)
    one = Slice((Condition("label", "go"),), few, rest, 0.5, 0.3, 0.7, 1e-6, 1e-4)
    return Slices(proportion(240, 300), (one,), (one,), 0, 0.05, 20)


def doubled_data_helps() -> Any:
    sizes = np.array([100, 200, 400, 800, 1600])
    return fit_learning_curve(Runs(sizes, 1 - 0.6 * (sizes / 100) ** -0.5, test_clips=100_000))


@pytest.fixture(scope="module")
def real_speech(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Source]:
    assert test_data
    return real_manifest(tmp_path_factory.mktemp("clips"), clips=640)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ["learning rate of 3", "8 clips of each word"])
def test_a_planted_fault_is_named(
    name: str, real_speech: tuple[pd.DataFrame, Source], tmp_path: Path
) -> None:
    assert judge(name, *real_speech, tmp_path).subject in FAULTS[name].right


def test_a_gap_between_seen_and_unseen_clips_asks_for_data() -> None:
    found = verdict_of(evidence(signal=signal(), findings=()))
    assert (found.subject, found.also) == ("data", ())
    assert found.sentence.startswith("The data holds the model back: up to 19.5 of the 20.0 points")
    assert found.next_step.startswith("Record more clips, of many speakers")


@pytest.mark.parametrize("look", ["features", "shuffled labels"])
def test_broken_code_is_named_whatever_else_holds(look: str) -> None:
    alarms = (finding(Cause.LEARNING_RATE_LOW, proven=True),)
    found = verdict_of(evidence(train_wrong=800, test_wrong=250, signal=signal(look), findings=alarms))
    assert (found.subject, found.also) == ("feature code", ())
    assert f"What {look} says." in found.sentence


def test_outputs_in_another_order_are_named_before_all_else() -> None:
    order = OutputOrder(("up", "go"), proportion(285, 300), proportion(6, 300))
    found = verdict_of(evidence(test_wrong=294, signal=signal("features"), findings=(), output_order=order))
    assert (found.subject, found.also) == ("feature code", ())
    assert found.sentence.startswith("The outputs seem to be in another order")
    assert found.sentence.endswith(order.sentence)
    assert found.next_step == "Diagnose the file again with --labels up,go."
    assert Verdict.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@pytest.mark.parametrize(
    ("differ", "is_fault"), [(0.0, False), (2.0**-11, False), (0.01, True), (np.nan, True)]
)
def test_stored_features_that_are_not_those_of_the_sound(differ: float, is_fault: bool) -> None:
    found = verdict_of(evidence(features_differ=differ))
    assert (found.subject == "feature code") is is_fault


def test_a_finding_that_a_trial_proved_asks_for_hyper_parameters() -> None:
    alarms = (finding(Cause.PLATEAU), finding(Cause.LEARNING_RATE_LOW, proven=True))
    found = verdict_of(
        evidence(train_wrong=800, test_wrong=250, signal=signal("easiest clips"), findings=alarms)
    )
    assert (found.subject, found.also) == ("hyper-parameters", ())
    assert "It is learning_rate_low." in found.sentence
    assert found.next_step == "Mend learning_rate_low."


@pytest.mark.parametrize("measured", [{"learners": learners(5, 60)}, {"baselines": baselines(0.5, 0.5)}])
def test_an_ordinary_learner_that_is_better_asks_for_hyper_parameters(measured: dict[str, Any]) -> None:
    found = verdict_of(evidence(train_wrong=720, test_wrong=220, **measured))
    assert (found.subject, found.also) == ("hyper-parameters", ())
    assert "points better than the network" in found.sentence


def test_an_ordinary_learner_within_chance_accuses_nobody() -> None:
    found = verdict_of(evidence(learners=learners(20, 25), baselines=baselines(0.9, 0.81)))
    assert "better than the network" not in str(found)


def test_a_network_below_the_best_baseline_is_said_to_be_first_of_all() -> None:
    below = "The network is below the best baseline: it recognises 0.632 of 38 test clips, "
    found = verdict_of(evidence(test_wrong=14, test_clips=38, baselines=baselines(0.9, 30 / 38)))
    assert found.ranking[0].evidence[0].startswith(below)
    assert found.ranking[0].evidence[0].endswith("logistic regression 0.789, which chance alone may explain.")
    assert below in found.sentence
    assert found.ranking[0].evidence[1] in found.sentence
    few = verdict_of(
        evidence(train_wrong=1, train_clips=240, test_wrong=1, test_clips=30, baselines=baselines(1.0, 1.0))
    )
    assert "cannot be told yet" in few.sentence
    assert "below the best baseline" in few.sentence
    ahead = verdict_of(evidence(test_wrong=14, test_clips=38, baselines=baselines(0.9, 24 / 38)))
    assert "baseline" not in str(ahead)


def test_a_lead_beyond_chance_is_the_first_of_the_evidence() -> None:
    alarms = (finding(Cause.LEARNING_RATE_LOW),)
    found = verdict_of(
        evidence(train_wrong=720, test_wrong=220, findings=alarms, baselines=baselines(0.5, 0.5))
    )
    lead = "On the test clips logistic regression is 23.3 points better than the network."
    assert found.ranking[0].evidence[0] == lead
    assert found.ranking[0].evidence.count(lead) == 1
    assert "It is learning_rate_low." in found.sentence


def test_broken_code_is_not_held_against_a_baseline() -> None:
    found = verdict_of(evidence(test_wrong=200, signal=signal("features"), baselines=baselines(0.9, 0.9)))
    assert found.ranking[0].evidence == ("What features says.",)


def test_subjects_that_are_not_told_apart_have_points_of_their_own() -> None:
    found = verdict_of(evidence(findings=(finding(Cause.OVERFITTING),), irreducible=audited(6, 3)))
    assert (found.subject, found.also) == ("data", ("hyper-parameters",))
    for one in found.ranking[:2]:
        own = f"the {one.subject} could explain up to {one.points:.1f} (95 % interval {one.lower:.1f} to "
        assert f"{own}{one.upper:.1f})" in found.sentence
    assert found.ranking[0].points != found.ranking[1].points
    assert "Of the 20.0 points of test error the data could" in found.sentence


def test_overfitting_may_be_the_training_or_the_data() -> None:
    found = verdict_of(evidence(findings=(finding(Cause.OVERFITTING),)))
    assert {found.subject, *found.also} == {"data", "hyper-parameters"}
    assert "cannot be told apart" in found.sentence


def test_findings_that_hurt_nothing_accuse_nobody() -> None:
    found = verdict_of(evidence(findings=(finding(Cause.LEARNING_RATE_LOW, Severity.INFO),)))
    assert found.subject == "data"
    assert found.ranking[-1].points == 0
    watched = next(one for one in found.ranking if one.subject == "hyper-parameters").evidence
    assert "The training was watched: nothing that must change was found (1 remark)." in watched


def test_bias_that_nothing_explains_is_not_guessed_at() -> None:
    found = verdict_of(evidence(train_wrong=300, test_wrong=95, signal=signal(), findings=()))
    assert (found.subject, found.also) == ("hyper-parameters", ("features",))
    assert "cannot be told apart" in found.sentence
    assert found.next_step.startswith("Train longer or wider")


@pytest.mark.parametrize(
    "measured",
    [{"signal": signal("synthetic words")}, {"feature_trial": FeatureTrial(300, 90, 150, 80)}],
)
def test_features_that_hold_too_little(measured: dict[str, Any]) -> None:
    found = verdict_of(evidence(train_wrong=250, test_wrong=130, **measured))
    assert found.subject == "features"
    assert "finer" in found.next_step


def test_labels_that_coarse_features_contradict_are_not_suspected() -> None:
    trial = FeatureTrial(300, 90, 150, 80)
    found = verdict_of(
        evidence(train_wrong=60, test_wrong=110, irreducible=audited(0, 90, 300), feature_trial=trial)
    )
    assert (found.subject, found.also) == ("features", ("data",))


def test_the_remedy_of_a_finding_on_the_features_comes_first() -> None:
    alarms = (finding(Cause.INPUT_NOT_NORMALISED, proven=True), finding(Cause.LEARNING_RATE_LOW))
    found = verdict_of(evidence(train_wrong=700, test_wrong=240, findings=alarms))
    assert found.next_step == "Mend input_not_normalised."


def test_wrong_labels_short_trainings_and_coarse_features_look_alike() -> None:
    seen: dict[str, Any] = {
        "train_wrong": 280,
        "test_wrong": 130,
        "signal": signal("easiest clips"),
        "findings": (),
    }
    untried = verdict_of(evidence(**seen))
    assert (untried.subject, untried.also) == ("data", ("hyper-parameters", "features"))
    assert "finer_features" in untried.next_step
    tried = verdict_of(evidence(**seen, feature_trial=FeatureTrial(300, 150, 152, 20)))
    assert (tried.subject, tried.also) == ("data", ("hyper-parameters",))
    assert tried.next_step.startswith("Rule out what is cheapest to try: train longer")
    assert "finer_features" not in tried.next_step


def test_labels_that_an_ordinary_learner_tells_better_than_the_network_are_not_blamed() -> None:
    seen: dict[str, Any] = {"train_wrong": 900, "test_wrong": 290, "signal": signal("easiest clips")}
    found = verdict_of(evidence(**seen, findings=(), baselines=baselines(0.6, 0.6)))
    assert found.subject == "hyper-parameters"
    assert "points better than the network" in " ".join(found.ranking[0].evidence)


def test_findings_on_the_data_ask_for_data() -> None:
    found = verdict_of(evidence(train_wrong=600, findings=(finding(Cause.LABELS_UNRELATED),), test_wrong=190))
    assert found.subject == "data"
    assert "It is labels_unrelated." in found.sentence
    assert found.next_step == "Mend labels_unrelated."


def test_an_error_that_suspected_labels_explain_is_nothing_to_mend() -> None:
    found = verdict_of(evidence(train_wrong=10, test_wrong=9, irreducible=audited(2, 6, 10)))
    assert found.subject == "nothing"
    assert "up to 2.7 may be unavoidable" in found.sentence


def test_many_suspected_labels_are_matter_of_the_data() -> None:
    found = verdict_of(evidence(train_wrong=250, test_wrong=80, irreducible=audited(0, 75, 260)))
    assert found.subject == "data"
    assert "Listen to the clips whose labels" in found.next_step


@pytest.mark.parametrize("test_wrong", [0, 1])
def test_thirty_clips_cannot_tell(test_wrong: int) -> None:
    found = verdict_of(evidence(train_wrong=1, train_clips=240, test_wrong=test_wrong, test_clips=30))
    assert found.subject == "data"
    assert "cannot be told yet" in found.sentence
    assert "aside" in found.next_step


def test_thirty_clips_can_tell_a_failed_training() -> None:
    alarms = (finding(Cause.LEARNING_RATE_HIGH),)
    failed = evidence(train_wrong=210, test_wrong=26, train_clips=240, test_clips=30, findings=alarms)
    assert verdict_of(failed).subject == "hyper-parameters"


def test_what_more_data_would_bring_is_said() -> None:
    curve, gap = doubled_data_helps(), Estimate(0.1, 0.05, 0.15)
    found = verdict_of(evidence(learning_curve=curve, leakage=leakage(gap)))
    assert "of new speakers" in found.next_step
    assert f"{curve.doubled:.3f} instead of {curve.accuracy:.3f}" in found.next_step
    data = found.ranking[0].evidence
    assert curve.sentence in data
    assert "Knowing the speakers is worth something." in data
    sliced = verdict_of(evidence(slices=worst_slice()))
    assert sliced.next_step.endswith("label = go.")


def test_perturbed_sound_explains_no_error_on_clips_as_they_are() -> None:
    heard = Sensitivity(("a", "b"), (5, 5), (4, 4), (), ("white noise",))
    assert "white noise" not in str(verdict_of(evidence(sensitivity=heard)))


def test_speakers_that_differ_speak_for_the_data() -> None:
    worst = SpeakerErrors("anna", proportion(8, 19), 4.0)
    differ = SpeakerTest(14, 0.001, 0.05, (worst,))
    for speakers, is_evidence in ((differ, True), (replace(differ, p_value=0.3, worst=()), False)):
        found = verdict_of(evidence(slices=replace(worst_slice(), speakers=speakers)))
        assert (speakers.sentence in found.ranking[0].evidence) == is_evidence


def test_what_is_not_measured_is_asked_for() -> None:
    asked = [question.name for question in verdict_of(evidence()).unmeasured]
    assert asked == ["standard_learners", "learning_curve", "repeats", "sensitivity", "finer_features"]
    all_measured = evidence(
        learners=learners(60, 5),
        learning_curve=doubled_data_helps(),
        repeats=summarise([0.8, 0.82]),
        sensitivity=Sensitivity(("a", "b"), (5, 5), (4, 4), (), ()),
        feature_trial=FeatureTrial(300, 150, 152, 20),
    )
    assert verdict_of(all_measured).unmeasured == ()


def test_evidence_of_other_clips_is_refused() -> None:
    with pytest.raises(SoundcheckError, match=r"irreducible\['test'\] is of 300 clips and the report of 200"):
        verdict_of(evidence(test_clips=200, irreducible=audited()))


FACTS = st.fixed_dictionaries(
    {
        "signal": st.sampled_from([None, signal(), *(signal(look) for look in LOOKS)]),
        "findings": st.sampled_from(
            [None, (), *((finding(cause, proven=proven),) for cause in Cause for proven in (False, True))]
        ),
        "baselines": st.sampled_from([None, baselines(0.9, 0.4), baselines(1.0, 0.9)]),
        "learners": st.sampled_from([None, learners(5, 60), learners(60, 5), learners(0, 0)]),
        "feature_trial": st.sampled_from(
            [None, FeatureTrial(300, 90, 150, 80), FeatureTrial(300, 150, 150, 0)]
        ),
        "features_differ": st.sampled_from([None, 0.0, 0.5]),
        "irreducible": st.builds(audited, st.integers(0, 20), st.integers(0, 280), st.integers(0, 900))
        | st.none(),
    }
)


@given(facts=FACTS, train_wrong=st.integers(0, 1000), test_wrong=st.integers(0, 300))
def test_what_always_holds(facts: dict[str, Any], train_wrong: int, test_wrong: int) -> None:
    found = verdict_of(evidence(train_wrong, test_wrong, **facts))
    error = 100 * test_wrong / 300
    assert math.isclose(sum(share.points for share in found.shares), error, abs_tol=1e-9)
    for one in (*found.shares, *found.ranking):
        assert one.lower <= one.points + 1e-9
        assert one.points <= one.upper + 1e-9
    for claim in found.ranking:
        assert 0 <= claim.points <= error + 1e-9
        assert claim.evidence
    assert {claim.subject for claim in found.ranking} == {
        "feature code",
        "features",
        "hyper-parameters",
        "data",
    }
    assert [claim.points for claim in found.ranking] == sorted(
        (claim.points for claim in found.ranking), reverse=True
    )
    assert found.subject not in found.also
    assert "nan" not in f"{found.sentence} {found.next_step}".lower()
    assert Verdict.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@given(facts=FACTS, train_wrong=st.integers(0, 1000), test_wrong=st.integers(0, 299))
def test_a_worse_test_never_asks_for_less_data(
    facts: dict[str, Any], train_wrong: int, test_wrong: int
) -> None:
    better, worse = (
        verdict_of(evidence(train_wrong, wrong, **facts)) for wrong in (test_wrong, test_wrong + 1)
    )
    claims = [
        next(claim.points for claim in found.ranking if claim.subject == "data") for found in (better, worse)
    ]
    assert claims[0] <= claims[1] + 1e-9
    assert better.shares[2].points <= worse.shares[2].points + 1e-9


def test_finer_features_are_better_where_they_hold_the_word() -> None:
    generator = np.random.default_rng(0)
    classes = generator.integers(0, 2, 400)
    splits = np.resize(["train", "test"], 400)
    coarse = generator.normal(size=(400, 2))
    finer = np.concatenate([coarse, classes[:, np.newaxis] + 0.1 * generator.normal(size=(400, 1))], axis=1)
    trial = try_finer_features(coarse, finer, classes, splits)
    assert trial.finer_are_better
    assert trial.gain > 0.3
    assert "more." in trial.sentence
    assert not try_finer_features(finer, coarse, classes, splits).finer_are_better
    same = try_finer_features(finer, finer, classes, splits)
    assert not same.finer_are_better
    assert FeatureTrial.from_dict(json.loads(json.dumps(trial.to_dict()))) == trial
    with pytest.raises(SoundcheckError, match="399 finer ones"):
        try_finer_features(coarse, finer[1:], classes, splits)
