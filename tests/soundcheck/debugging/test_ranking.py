from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
from soundcheck.debugging.ranking import _DEPTH, ranked


def finding(cause, severity=Severity.WARNING, name="x", rule="rule"):
    return Finding(
        rule, severity, cause, Where("data", name), (Evidence(str(cause), 1.0),), "message", "remedy"
    )


def causes(findings):
    return [one.cause for one in findings]


def test_every_cause_has_a_place():
    assert sorted(_DEPTH) == sorted(Cause)


def test_symptoms_of_unscaled_inputs_become_its_evidence():
    symptoms = [finding(Cause.DEAD_UNITS, Severity.ERROR), finding(Cause.PLATEAU)]

    (root,) = ranked([*symptoms, finding(Cause.INPUT_NOT_NORMALISED)])

    assert root.cause == Cause.INPUT_NOT_NORMALISED
    assert root.severity == Severity.ERROR  # as bad as what it leads to
    assert {one.name for one in root.evidence} == {"input_not_normalised", "dead_units", "plateau"}


def test_what_does_no_harm_explains_nothing():
    found = ranked([finding(Cause.INPUT_NOT_NORMALISED, Severity.INFO), finding(Cause.PLATEAU)])

    assert causes(found) == [Cause.PLATEAU, Cause.INPUT_NOT_NORMALISED]


def test_a_rate_is_not_too_high_and_too_low():
    found = ranked([finding(Cause.LEARNING_RATE_LOW), finding(Cause.LEARNING_RATE_HIGH)])

    assert causes(found) == [Cause.LEARNING_RATE_HIGH]


def test_independent_faults_stay_apart():
    found = ranked([finding(Cause.METRIC), finding(Cause.LABEL_ENCODING, name="y"), finding(Cause.DATA_LEAK)])

    assert causes(found) == [Cause.LABEL_ENCODING, Cause.DATA_LEAK]  # a metric of wrong labels is no fault


def test_one_fault_in_many_layers_is_one_finding():
    found = ranked(finding(Cause.DEAD_UNITS, name=f"dense_{place}") for place in range(5))

    assert len(found) == 1
    assert len(found[0].evidence) == 5


def test_the_order_of_discovery_does_not_matter():
    found = [finding(Cause.PLATEAU), finding(Cause.OPTIMIZER), finding(Cause.METRIC), finding(Cause.DROPOUT)]

    assert len({tuple(causes(ranked(order))) for order in permutations(found)}) == 1


@given(st.lists(st.tuples(st.sampled_from(Cause), st.sampled_from(Severity)), max_size=12))
def test_nothing_that_hurts_is_lost(pairs):
    found = [finding(cause, severity) for cause, severity in pairs]

    roots = ranked(found)

    told = {evidence.name for root in roots for evidence in root.evidence}
    assert {str(one.cause) for one in found if one.severity > Severity.INFO} <= told
    assert [root.severity for root in roots] == sorted((root.severity for root in roots), reverse=True)
