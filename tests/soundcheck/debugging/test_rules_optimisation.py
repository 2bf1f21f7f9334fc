import math

import keras
import pytest
from trainings import case, layer, model, record, seen

from soundcheck.debugging.findings import Cause, Severity
from soundcheck.debugging.layers import inner_optimizer
from soundcheck.debugging.outcome import Outcome
from soundcheck.debugging.rules.optimisation import RULES
from soundcheck.debugging.rules.progress import (
    steps_made,
    typical_update_ratio,
    usual_learning_rate,
)
from soundcheck.debugging.samples import Sample

FALLING = [0.70, 0.66, 0.62, 0.58, 0.54, 0.50, 0.46, 0.42]
FLAT = [0.70, 0.69, 0.70, 0.69, 0.70, 0.69, 0.70, 0.69]
GOOD = Outcome(0.95, None, poor=False)


def causes(one) -> set[Cause]:
    return {finding.cause for rule in RULES for finding in rule(one) if finding.severity > Severity.INFO} - {
        Cause.PLATEAU
    }


def moving(share: float, **values):
    layers = [layer(name, update_norm=4 * share, **values) for name in ("hidden", "output")]
    return [seen(0, *layers), seen(1, *layers), seen(64, *layers)]


def test_a_loss_that_blew_up_under_large_steps_is_a_learning_rate_too_high():
    blown = record([0.7, float("nan")], moving(0.5))

    assert causes(case(blown, network=model(keras.optimizers.SGD(5.0)))) == {Cause.LEARNING_RATE_HIGH}


def test_large_steps_without_progress_are_a_learning_rate_too_high():
    assert causes(case(record(FLAT, moving(0.3)))) == {Cause.LEARNING_RATE_HIGH}


def test_tiny_steps_at_an_unusual_rate_are_a_learning_rate_too_low():
    crawling = record(
        [0.700, 0.699, 0.698, 0.697, 0.696, 0.695],
        [seen(step, layer(update_norm=4e-5), learning_rate=1e-6) for step in (0, 1, 4)],
        learning_rates=[1e-6] * 6,
    )

    assert causes(case(crawling)) == {Cause.LEARNING_RATE_LOW}


def test_a_warm_up_from_zero_is_no_low_rate():
    warming = record(FALLING, [seen(0, learning_rate=0.0), seen(1), seen(64)])

    assert Cause.LEARNING_RATE_LOW not in causes(case(warming))


def test_adadelta_with_the_default_of_keras_is_the_wrong_optimizer():
    crawling = record(FALLING, moving(1e-5))

    assert causes(case(crawling, network=model("adadelta"))) == {Cause.OPTIMIZER}


def scaled(optimizer) -> keras.optimizers.LossScaleOptimizer:
    """As mixed precision wraps every optimizer."""
    return keras.optimizers.LossScaleOptimizer(optimizer)


@pytest.mark.parametrize(("optimizer", "usual"), [("SGD", 0.01), ("Adam", 0.001), ("Adadelta", 1.0)])
def test_the_optimizer_inside_a_loss_scale_is_the_one_that_counts(optimizer, usual):
    inside = getattr(keras.optimizers, optimizer)()

    assert usual_learning_rate(model(scaled(inside))) == usual
    assert inner_optimizer(model(scaled(inside))) is inside


def test_adadelta_with_the_default_of_keras_is_the_wrong_optimizer_in_mixed_precision():
    crawling = record(FALLING, moving(1e-5))

    assert causes(case(crawling, network=model(scaled(keras.optimizers.Adadelta())))) == {Cause.OPTIMIZER}


def test_momentum_within_a_loss_scale_is_momentum():
    crawling = record(FALLING, moving(1e-5))
    fast = keras.optimizers.SGD(0.01, momentum=0.9)

    assert Cause.OPTIMIZER not in causes(case(crawling, network=model(scaled(fast))))


def test_what_an_accumulating_optimizer_has_not_done_yet_is_no_small_step():
    waiting = case(
        record(FALLING, moving(0.0)),
        network=model(keras.optimizers.Adam(0.0008, gradient_accumulation_steps=4)),
    )

    assert math.isnan(typical_update_ratio(waiting))
    assert causes(waiting) == set()
    assert steps_made(waiting) == 20


def test_a_loss_that_still_falls_wants_more_epochs():
    assert causes(case(record(FALLING, moving(1e-3)))) == {Cause.EPOCHS_TOO_FEW}


def test_a_batch_of_all_rows_wants_smaller_ones():
    base = case(record(FALLING, moving(1e-3), epoch_steps=[1] * 8))
    whole = Sample(base.sample.x, base.sample.y, None, 256, 256, (256,))

    assert causes(case(base.record, sample=whole)) == {Cause.BATCH_SIZE}


def test_a_rate_that_is_gone_after_a_quarter_is_the_schedule():
    gone = record(FLAT, moving(1e-3), learning_rates=[1e-3, 1e-4, *[1e-7] * 6])

    assert causes(case(gone)) == {Cause.SCHEDULE}


def test_a_rate_that_is_gone_at_the_end_is_right():
    gone = record(FLAT, moving(1e-3), learning_rates=[*[1e-3] * 7, 1e-7])

    assert Cause.SCHEDULE not in causes(case(gone))


def test_a_loss_that_swings_without_progress_oscillates():
    swinging = record([0.7, 0.4, 0.7, 0.4, 0.7, 0.4, 0.7, 0.4, 0.7, 0.4], moving(1e-3))

    assert causes(case(swinging)) == {Cause.OSCILLATION}


def test_no_better_than_a_guess_is_a_plateau():
    found = [finding.cause for rule in RULES for finding in rule(case(record(FLAT, moving(1e-3))))]

    assert found == [Cause.PLATEAU]


def test_data_that_run_out_are_told():
    short = record(FALLING[:3], moving(1e-3), epoch_steps=[10, 10, 2])

    assert any(finding.rule == "stalled" for rule in RULES for finding in rule(case(short)))


@pytest.mark.parametrize("share", [1e-7, 1e-3, 0.5])
@pytest.mark.parametrize("losses", [FALLING, FLAT])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adadelta"])
def test_where_the_network_has_learnt_nothing_is_said(share, losses, optimizer):
    learnt = case(record(losses, moving(share)), network=model(optimizer), outcome=GOOD)

    assert not [finding for rule in RULES for finding in rule(learnt)]


def test_without_a_training_nothing_is_said():
    assert not [finding for rule in RULES for finding in rule(case(None))]
