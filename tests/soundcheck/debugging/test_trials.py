from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from soundcheck.config import DebuggingConfig
from soundcheck.debugging import Cause, Finding, Severity, Where, try_fix
from soundcheck.debugging.building import untrained_case
from soundcheck.debugging.case import FitSettings
from soundcheck.debugging.changes import CHANGES
from soundcheck.debugging.record import Record
from soundcheck.debugging.samples import from_arrays
from soundcheck.debugging.trials import confirmed, trials_of

QUICK = DebuggingConfig(trial_steps=150)

random = np.random.default_rng(0)
LABELS = random.integers(0, 3, 300)
CLOUDS = (random.normal(size=(300, 8)) + 3 * np.eye(3, 8)[LABELS]).astype(np.float32)


def finding(cause, severity=Severity.WARNING):
    return Finding("rule", severity, Cause(cause), Where("data", "x"), (), "message", "remedy")


def network(optimizer="adam", activation="relu", depth=1, last="softmax", **settings):
    keras.utils.set_random_seed(0)
    hidden = [layers.Dense(16, activation=activation, **settings) for _ in range(depth)]
    model = keras.Sequential([keras.Input((8,)), *hidden, layers.Dense(3, activation=last)])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


FAULTS = {
    "learning_rate_high": lambda: (network(keras.optimizers.SGD(300.0)), CLOUDS),
    "learning_rate_low": lambda: (network(keras.optimizers.Adam(1e-6)), CLOUDS),
    "optimizer": lambda: (network(keras.optimizers.Adadelta(1e-4)), CLOUDS),
    "input_not_normalised": lambda: (network("adam", "tanh"), CLOUDS * 1e4 + 1e6),
    "initialisation": lambda: (network(kernel_initializer="zeros"), CLOUDS),
    "output_activation": lambda: (network(last="relu", depth=2), CLOUDS - 1.0),
    "weight_penalty": lambda: (network(kernel_regularizer=keras.regularizers.L2(30.0)), CLOUDS),
    "hidden_activation": lambda: (network(activation="sigmoid", depth=8), CLOUDS),
}


@pytest.mark.parametrize("cause", FAULTS)
def test_the_change_mends_the_fault(cause):
    model, x = FAULTS[cause]()

    trial = try_fix(model, x, LABELS, finding(cause), settings=QUICK)

    assert trial.vanished, trial
    assert trial.gain > 0.15
    assert trial.metric == "skill"


def test_a_loss_that_fits_takes_the_place_of_one_that_does_not():
    model = network()
    model.compile("adam", "binary_crossentropy")
    shares = np.eye(3, dtype=np.float32)[LABELS]

    trial = try_fix(model, CLOUDS, shares, finding("loss_function"), settings=QUICK)

    assert trial.after > 0.7


def test_a_change_that_does_not_matter_mends_nothing():
    model, x = FAULTS["learning_rate_low"]()

    trial = try_fix(model, x, LABELS, finding("dropout"), settings=QUICK)

    assert not trial.vanished
    assert abs(trial.gain) < 0.2


def test_a_trained_model_starts_from_new_weights():
    model = network(keras.optimizers.SGD(300.0))
    model.fit(CLOUDS, LABELS, epochs=3, verbose=0)
    before = model.get_weights()

    trial = try_fix(model, CLOUDS, LABELS, finding("learning_rate_high"), settings=QUICK)

    assert trial.vanished
    for value, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, kept)


def test_what_takes_a_decision_is_not_tried():
    with pytest.raises(ValueError, match="'data_leak' has no change that can be tried"):
        try_fix(network(), CLOUDS, LABELS, finding("data_leak"))


def test_what_is_not_there_cannot_be_changed():
    with pytest.raises(ValueError, match="nothing to try"):
        try_fix(network(), CLOUDS, LABELS, finding("optimizer"))


def test_every_change_is_for_a_cause_that_findings_may_have():
    assert set(CHANGES) <= set(Cause)


def trained_case(model, x, epochs=3):
    sample = from_arrays(x, LABELS, None, 300)
    case = untrained_case(model, sample, None, QUICK, FitSettings(batch_size=32, epochs=epochs))
    start = [np.array(weight) for weight in model.weights]
    history = model.fit(x, LABELS, batch_size=32, epochs=epochs, verbose=0)
    logs = [{"loss": loss} for loss in history.history["loss"]]
    record = Record(epochs=logs, epoch_steps=[10] * epochs, finished=True)
    return replace(case, record=record), start


def test_what_helped_comes_first_with_what_was_measured():
    case, start = trained_case(network(keras.optimizers.SGD(300.0)), CLOUDS)

    first, *others = confirmed(case, [finding("dropout"), finding("learning_rate_high")], start)

    assert first.cause == Cause.LEARNING_RATE_HIGH
    assert [one.cause for one in others] == [Cause.DROPOUT]
    assert "Tried: in 30 steps" in first.message
    assert first.evidence[-2].value > 0.6


def test_what_no_rule_found_is_tried_too():
    case, start = trained_case(network(keras.optimizers.SGD(300.0)), CLOUDS)

    (found,) = confirmed(case, [], start)

    assert (found.cause, found.severity) == (Cause.LEARNING_RATE_HIGH, Severity.WARNING)


def test_a_good_training_is_left_alone():
    case, start = trained_case(network(keras.optimizers.Adam(0.01)), CLOUDS, epochs=8)
    findings = [finding("learning_rate_high", Severity.INFO)]

    assert confirmed(case, findings, start) == findings


def test_a_failure_that_a_short_training_does_not_show_has_no_proven_remedy():
    case, start = trained_case(network(keras.optimizers.Adam(0.01)), CLOUDS, epochs=8)
    case.model.set_weights([0 * weight for weight in start])
    findings = [finding("epochs_too_few"), finding("learning_rate_low")]

    assert case.outcome.poor
    assert confirmed(case, findings, start) == findings


@pytest.mark.parametrize(("gain", "mended"), [(0.002, False), (0.3, True)])
def test_what_helps_by_less_than_chance_mends_nothing(gain, mended, monkeypatch):
    case, start = trained_case(network(keras.optimizers.SGD(300.0)), CLOUDS)
    hardly_behind = case.standard.skill - 0.201
    skills = iter([hardly_behind, hardly_behind + gain])
    monkeypatch.setattr("soundcheck.debugging.trials._measured", lambda *_: next(skills))

    (trial,) = trials_of(case, start, [Cause.EPOCHS_TOO_FEW])

    assert trial.vanished is mended


def test_in_float16_adam_is_not_tried_in_place_of_adam():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = network()
    finally:
        keras.config.set_dtype_policy("float32")

    with pytest.raises(ValueError, match="nothing to try"):
        try_fix(model, CLOUDS, LABELS, finding("optimizer"))


def test_a_contradiction_needs_no_trial():
    case, start = trained_case(network(keras.optimizers.SGD(300.0)), CLOUDS)
    certain = [finding("label_encoding", Severity.ERROR), finding("learning_rate_high")]

    assert confirmed(case, certain, start) == certain
