"""The programs of `benchmarks/fault_detection.py`, which runs them all; here a few."""

import ast

import pytest
from fault_detection import programs

from soundcheck.debugging.findings import Cause, Severity
from soundcheck.debugging.script import run

PROGRAMS = programs()
SAMPLE = {
    "pima_style_softmax_on_single_output": Cause.OUTPUT_ACTIVATION,
    "gesture_classes_adam_point_five": Cause.LEARNING_RATE_HIGH,
    "wine_subclassed_zero_kernels": Cause.INITIALISATION,
    "flowers_softmax_regression_no_hidden": None,
    "wine_functional_label_smoothing": None,
}


def test_there_are_enough_and_half_are_blind():
    for planted in (True, False):
        of = [one for one in PROGRAMS if bool(one.causes) == planted]
        assert len(of) >= 60
        assert 2 * sum(one.group == "blind" for one in of) >= 60


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.path.stem)
def test_a_program_says_what_is_wrong_with_it(program):
    text = program.path.read_text()

    assert ast.get_docstring(ast.parse(text))
    assert set(program.causes) <= set(Cause)
    assert (program.path.parent.name == "faulty") == bool(program.causes) == ("# why:" in text)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # Keras has advice for old style
@pytest.mark.parametrize("name", SAMPLE)
def test_the_cause_is_named_and_the_healthy_are_left_in_peace(name):
    (program,) = [one for one in PROGRAMS if one.path.stem == name]

    alarms = [one.cause for one in run(program.path).findings if one.severity > Severity.INFO]

    assert alarms[:1] == ([] if SAMPLE[name] is None else [SAMPLE[name]])
