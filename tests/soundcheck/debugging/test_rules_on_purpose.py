"""What looks like a fault of the data and is meant: gaps, a height of one, a trend, something to remember."""

import keras
import numpy as np
import pytest
from debugging_cases import case_after, case_before, dense

from soundcheck.debugging.findings import Cause, Severity
from soundcheck.debugging.outcome import Outcome
from soundcheck.debugging.rules.data import non_finite_data
from soundcheck.debugging.rules.data_axes import channels_in_front
from soundcheck.debugging.rules.data_splits import distribution_shift, target_among_features
from soundcheck.debugging.standards import Standard

ROWS = 240


def normal(*shape):
    return np.random.default_rng(11).normal(size=shape).astype("float32")


def with_gaps(array, share=0.3):
    gaps = np.random.default_rng(12).random(array.shape) < share
    return np.where(gaps, np.nan, array).astype("float32")


def regression(loss="mse", *, kind=keras.Sequential):
    model = kind([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3)])
    model.compile("sgd", loss)
    return model


def severities(rule, case):
    return [finding.severity for finding in rule(case)]


def having(case, training, validation=None):
    case.__dict__["outcome"] = Outcome(training, validation, poor=training < 0.1)
    case.__dict__["standard"] = Standard(0.9, 0.9)
    return case


class OwnStep(keras.Sequential):
    """Leaves out the labels that are missing, in its training step."""

    def train_step(self, data):
        raise NotImplementedError


def of_known(y, p):
    known = keras.ops.isfinite(y)
    errors = keras.ops.where(known, keras.ops.square(keras.ops.where(known, y, 0.0) - p), 0.0)
    return keras.ops.sum(errors) / keras.ops.sum(keras.ops.cast(known, "float32"))


class TestGaps:
    def test_those_of_a_training_step_of_ones_own_are_told_by_its_losses(self):
        before = case_before(regression(kind=OwnStep), normal(ROWS, 4), with_gaps(normal(ROWS, 3)))
        assert severities(non_finite_data, before) == [Severity.INFO]
        assert severities(non_finite_data, case_after(before)) == [Severity.INFO]
        failed = case_after(before, logs={"loss": np.nan})
        assert severities(non_finite_data, failed) == [Severity.ERROR]

    @pytest.mark.parametrize(("loss", "found"), [(of_known, []), ("mse", [Severity.ERROR])])
    def test_a_loss_that_leaves_them_out(self, loss, found):
        case = case_before(regression(loss), normal(ROWS, 4), with_gaps(normal(ROWS, 3), share=0.01))
        assert severities(non_finite_data, case) == found

    def test_a_loss_of_ones_own_that_does_not_leave_them_out(self):
        def squared(y, p):
            return keras.ops.mean(keras.ops.square(y - p), axis=-1)

        case = case_before(regression(squared), normal(ROWS, 4), with_gaps(normal(ROWS, 3), share=0.01))
        assert severities(non_finite_data, case) == [Severity.ERROR]

    def test_a_mask_added_before_a_softmax(self):
        scores, mask = keras.Input((6,)), keras.Input((6,))
        shares = keras.layers.Softmax()(keras.layers.Add()([keras.layers.Dense(6)(scores), mask]))
        model = keras.Model([scores, mask], keras.layers.Dense(1)(shares))
        model.compile("sgd", "mse")
        hidden = np.where(np.arange(6) < np.arange(ROWS)[:, None] % 6 + 1, 0, -np.inf).astype("float32")
        case = case_before(model, [normal(ROWS, 6), hidden], normal(ROWS))
        assert not list(non_finite_data(case))

    def test_an_infinity_that_only_the_gradient_shows(self):
        model = dense(8, 1, inputs=4, activation="sigmoid")
        model.compile("sgd", "mse")
        x = normal(ROWS, 4)
        x[7, 2] = np.inf
        case = case_before(model, x, normal(ROWS))
        assert np.isfinite(case.heads[0].outputs).all()
        assert severities(non_finite_data, case) == [Severity.ERROR]

    @pytest.mark.parametrize(
        ("losses", "found"),
        [
            ([0.5, 0.4], [Severity.INFO]),
            ([np.nan, np.nan], [Severity.ERROR]),
            ([0.5, np.nan], []),  # they were there from the first epoch on
        ],
    )
    @pytest.mark.parametrize("log", ["loss", "val_loss"])
    def test_losses_say_what_they_did(self, log, losses, found):
        x, y = normal(ROWS, 4), normal(ROWS, 3)
        parts = {"loss": (with_gaps(y), (x, y)), "val_loss": (y, (x, with_gaps(y)))}[log]
        case = case_after(case_before(regression(), x, parts[0], validation=parts[1]), epochs=2)
        assert case.record is not None
        case.record.epochs[:] = [{"loss": 0.1, "val_loss": 0.2} | {log: loss} for loss in losses]
        assert severities(non_finite_data, case) == found

    def test_a_relu_hides_them_from_the_loss_but_not_from_the_weights(self):
        case = case_after(case_before(regression(), with_gaps(normal(ROWS, 4)), normal(ROWS, 3)))
        case.model.layers[0].kernel.assign(np.full((4, 8), np.nan))
        assert severities(non_finite_data, case) == [Severity.ERROR]


class TestHeightOfOne:
    def case(self, kernel, height=1):
        x = normal(60, height, 16, 16).cumsum(axis=-1)
        layers = [keras.layers.Conv2D(4, kernel, padding="same"), keras.layers.Flatten()]
        model = keras.Sequential([keras.Input(x.shape[1:]), *layers, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return case_before(model, x, normal(60))

    def test_a_kernel_as_high_is_a_convolution_over_time(self):
        assert not list(channels_in_front(self.case((1, 3))))
        assert severities(channels_in_front, self.case((3, 3))) == [Severity.WARNING]
        assert severities(channels_in_front, self.case((1, 3), height=3)) == [Severity.WARNING]

    @pytest.mark.parametrize(("skill", "found"), [(0.95, Severity.INFO), (0.5, Severity.WARNING)])
    def test_what_was_learnt_well_is_no_alarm(self, skill, found):
        assert severities(channels_in_front, having(case_after(self.case((3, 3))), skill)) == [found]


class TestTrend:
    def case(self, series, first=270):
        windows = np.lib.stride_tricks.sliding_window_view(series.astype("float32"), 12)[..., None]
        y = windows[:, -1, 0]
        model = keras.Sequential([keras.Input((12, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return case_before(model, windows[:first], y[:first], validation=(windows[first:], y[first:]))

    def test_the_last_tenth_of_a_line_varies_less_and_is_no_other_scale(self):
        line = np.linspace(-1, 1, 311) + 0.02 * normal(311)
        assert not list(distribution_shift(self.case(line)))
        scaled_apart = np.concatenate([line[:281], 100 * line[281:]])
        assert {one.cause for one in distribution_shift(self.case(scaled_apart))} == {
            Cause.DISTRIBUTION_SHIFT
        }

    @pytest.mark.parametrize(
        ("training", "validation", "found"),
        [
            (0.99, 0.98, Severity.INFO),
            (0.99, 0.2, Severity.WARNING),
            (0.05, 0.04, Severity.WARNING),
        ],
    )
    def test_a_jump_is_a_fault_where_validation_suffers_or_nothing_was_learnt(
        self, training, validation, found
    ):
        jump = normal(311) + 30.0 * (np.arange(311) > 280)
        case = having(case_after(self.case(jump)), training, validation)
        assert set(severities(distribution_shift, case)) == {found}


class TestSomethingToRemember:
    def case(self, step, *, flat=False):
        x = np.random.default_rng(5).random((ROWS, 9, 1)).astype("float32")
        first = [keras.layers.Reshape((9, 1))] if flat else []
        model = keras.Sequential([keras.Input((9,) if flat else (9, 1)), *first, keras.layers.LSTM(3)])
        model.add(keras.layers.Dense(1))
        model.compile("adam", "mse")
        return case_before(model, x[..., 0] if flat else x, x[:, step, 0])

    @pytest.mark.parametrize("flat", [False, True])
    @pytest.mark.parametrize(
        ("step", "found"), [(0, Severity.INFO), (7, Severity.INFO), (8, Severity.WARNING)]
    )
    def test_only_the_last_step_of_a_window_is_a_leak(self, step, found, flat):
        assert severities(target_among_features, self.case(step, flat=flat)) == [found]

    def test_a_table_beside_a_sequence_has_no_steps(self):
        table, steps = normal(ROWS, 3), normal(ROWS, 5, 2)
        inputs = [keras.Input((5, 2)), keras.Input((3,))]
        both = keras.layers.Concatenate()([keras.layers.LSTM(2)(inputs[0]), inputs[1]])
        model = keras.Model(inputs, keras.layers.Dense(1)(both))
        model.compile("adam", "mse")
        case = case_before(model, [steps, table], table[:, 0])
        assert severities(target_among_features, case) == [Severity.WARNING]
