"""Rules on the data, each with the fault it is for and with what looks like it and is right."""

import numpy as np
import pytest
from debugging_cases import case_after, case_before, dense

from soundcheck.debugging.case import FitSettings
from soundcheck.debugging.findings import Cause, Severity
from soundcheck.debugging.record import Observation
from soundcheck.debugging.rules.data import (
    constant_feature,
    input_not_normalised,
    non_finite_data,
    target_not_normalised,
)
from soundcheck.debugging.rules.data_axes import (
    channels_in_front,
    likeness_of_neighbours,
    sequence_of_one_step,
    time_and_features_swapped,
)
from soundcheck.debugging.rules.data_rows import class_imbalance, data_not_shuffled, labels_unrelated
from soundcheck.debugging.rules.data_splits import (
    classes_split_apart,
    data_leak,
    distribution_shift,
    target_among_features,
)

ROWS = 240


def random():
    return np.random.default_rng(11)


def table(columns=4):
    return random().normal(size=(ROWS, columns)).astype("float32")


def halves():
    return (table()[:, 0] > 0).astype(int)


def classifier(inputs=4, *, last="sigmoid", units=(8, 1), activation="relu", optimizer="sgd"):
    model = dense(*units, inputs=inputs, last=last, activation=activation)
    several = units[-1] > 1
    model.compile(optimizer, "sparse_categorical_crossentropy" if several else "binary_crossentropy")
    return model


def regression(inputs=4, *, optimizer="sgd"):
    model = dense(8, 1, inputs=inputs)
    model.compile(optimizer, "mse")
    return model


def blind(model):
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    return model


def severities(rule, case):
    return [finding.severity for finding in rule(case)]


def causes(rule, case):
    return [finding.cause for finding in rule(case) if finding.severity > Severity.INFO]


class TestNonFiniteData:
    @pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
    def test_one_value_in_x_is_an_error(self, value):
        x = table().astype(float)
        x[3, 1] = value
        (found,) = non_finite_data(case_before(classifier(), x, halves()))
        assert (found.severity, found.where.name) == (Severity.ERROR, "x")
        assert found.evidence[0].value == pytest.approx(1 / ROWS)

    def test_targets_and_validation_are_looked_at(self):
        y, held = table()[:, 0].copy(), table()
        y[0] = held[0, 0] = np.nan
        found = non_finite_data(case_before(regression(), table(), y, validation=(held, table()[:, 0])))
        assert [one.where.name for one in found] == ["y", "validation x"]

    def test_a_model_that_deals_with_gaps_is_left_in_peace(self):
        import keras

        fill = keras.layers.Lambda(lambda x: keras.ops.where(keras.ops.isnan(x), 0.0, x))
        model = keras.Sequential([keras.Input((4,)), fill, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        x = table()
        x[5, 2] = np.nan
        assert not list(non_finite_data(case_before(model, x, halves())))

    def test_whole_numbers_and_finite_data_are_silent(self):
        x = random().integers(0, 9, (ROWS, 4))
        assert not list(non_finite_data(case_before(classifier(), x, halves())))


class TestConstantFeature:
    def test_rows_all_alike_are_an_error(self):
        case = case_before(classifier(), np.ones((ROWS, 4)), halves())
        assert severities(constant_feature, case) == [Severity.ERROR]

    def test_rows_nearly_all_alike_are_a_warning(self):
        x = np.zeros((ROWS, 4))
        x[::20] = 1
        assert severities(constant_feature, case_before(classifier(), x, halves())) == [Severity.WARNING]

    def test_some_constant_columns_and_few_distinct_rows_are_harmless(self):
        x = table()
        x[:, :3] = 0
        assert not list(constant_feature(case_before(classifier(), x, halves())))
        corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 60, "float32")
        y = np.array([0, 1, 1, 0] * 60)
        assert not list(constant_feature(case_before(classifier(2), corners, y)))

    def test_a_constant_that_is_always_answered_alike_is_harmless(self):
        assert not list(constant_feature(case_before(classifier(), np.ones((ROWS, 4)), np.ones(ROWS))))


class TestInputNotNormalised:
    def test_raw_columns_are_info_before_and_a_warning_after_a_poor_training(self):
        before = case_before(blind(classifier()), table() * [1, 10, 300, 0.1], halves())
        assert severities(input_not_normalised, before) == [Severity.INFO]
        assert severities(input_not_normalised, case_after(before)) == [Severity.WARNING]

    def test_a_training_that_turned_out_well_is_silent(self):
        model = classifier(units=(1,))
        model.layers[-1].set_weights([np.array([[1.0], [0], [0], [0]]), np.zeros(1)])
        case = case_after(case_before(model, table() * 100, halves()))
        assert not list(input_not_normalised(case))

    @pytest.mark.parametrize("scale", [1000.0, 0.001])
    def test_both_directions(self, scale):
        assert severities(input_not_normalised, case_before(regression(), table() * scale, halves())) != []

    @pytest.mark.parametrize(("columns", "told"), [(1, "its column is"), (4, "its columns are")])
    def test_one_column_is_told_of_as_one(self, columns, told):
        (found,) = input_not_normalised(case_before(regression(columns), table(columns) * 300, halves()))
        assert told in found.message
        assert ("the column" in found.remedy) == (columns == 1)

    def test_a_mean_far_from_zero(self):
        case = case_before(regression(), 1 + 0.01 * table(), halves())
        assert severities(input_not_normalised, case) == [Severity.INFO]

    def test_a_saturated_first_layer_is_certain_to_hurt(self):
        case = case_before(classifier(activation="tanh"), table() * 2000, halves())
        assert severities(input_not_normalised, case) == [Severity.WARNING]

    @pytest.mark.parametrize(
        "first", ["Normalization", "BatchNormalization", "LayerNormalization", "Rescaling"]
    )
    def test_a_model_that_normalises_is_silent(self, first):
        import keras

        layer = getattr(keras.layers, first)(*([0.01] if first == "Rescaling" else []))
        model = keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        assert not list(input_not_normalised(case_before(model, table() * 300, halves())))

    @pytest.mark.parametrize("scaled", [True, False])
    def test_a_nested_model_is_looked_into(self, scaled):
        import keras

        rescaling = [keras.layers.Rescaling(1 / 255)] if scaled else []
        start = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.RandomFlip(), *rescaling])
        inputs = keras.Input((8, 8, 1))
        flat = keras.layers.Flatten()(keras.layers.Conv2D(2, 3)(start(inputs)))
        model = keras.Model(inputs, keras.layers.Dense(1)(flat))
        model.compile("sgd", "mse")
        pictures = random().integers(0, 256, (ROWS, 8, 8, 1))
        assert bool(list(input_not_normalised(case_before(model, pictures, halves())))) is not scaled

    def test_embedded_ids_and_codes_are_silent(self):
        import keras

        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Embedding(5000, 2),
                keras.layers.Flatten(),
                keras.layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        ids = random().integers(0, 5000, (ROWS, 4))
        assert not list(input_not_normalised(case_before(model, ids, halves())))
        one_hot = np.eye(400)[random().integers(0, 400, ROWS)]
        assert not list(input_not_normalised(case_before(regression(400), one_hot, halves())))

    @pytest.mark.parametrize("scaled_inside", [True, False])
    def test_a_model_with_its_own_call_is_measured(self, scaled_inside):
        import keras

        class Own(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = keras.layers.Dense(1)

            def call(self, x):
                return self.dense(x / 255.0 if scaled_inside else x)

        model = Own()
        model.compile("sgd", "mse")
        case = case_before(model, random().uniform(0, 255, (ROWS, 4)).astype("float32"), halves())
        assert bool(list(input_not_normalised(case))) is not scaled_inside


class TestTargetNotNormalised:
    def test_prices_are_info_before_and_a_warning_after_a_poor_training(self):
        y = 300000 + 50000 * table()[:, 0]
        before = case_before(regression(), table(), y)
        assert severities(target_not_normalised, before) == [Severity.INFO]
        assert severities(target_not_normalised, case_after(before)) == [Severity.WARNING]

    def test_targets_that_are_tiny(self):
        case = case_before(regression(), table(), 1e-4 * table()[:, 0])
        assert severities(target_not_normalised, case) == [Severity.INFO]

    def test_targets_of_the_order_of_one_and_classes_are_silent(self):
        assert not list(target_not_normalised(case_before(regression(), table(), 5 + table()[:, 0])))
        ids = random().integers(0, 1000, ROWS)
        assert not list(
            target_not_normalised(case_before(classifier(units=(8, 1000), last="softmax"), table(), ids))
        )

    def test_outputs_that_start_where_the_targets_are(self):
        model = regression()
        model.layers[-1].bias.assign([1000.0])
        assert not list(target_not_normalised(case_before(model, table(), 1000 + table()[:, 0])))


class TestLabelsUnrelated:
    def case(self, y, x=None, **given):
        x = table() if x is None else x
        return case_after(case_before(classifier(x.shape[-1]), x, y, **given))

    def test_shuffled_labels(self):
        x = np.tile(table(), (4, 1)) + random().normal(size=(4 * ROWS, 4))
        y = random().permutation(np.arange(4 * ROWS) % 2)
        assert causes(labels_unrelated, self.case(y, x)) == [Cause.LABELS_UNRELATED]

    def test_a_weak_signal_is_one(self):
        x = random().normal(size=(1500, 4))
        y = (x[:, 0] + 2 * random().normal(size=1500) > 0).astype(int)
        assert not list(labels_unrelated(self.case(y, x)))

    def test_codes_may_hide_what_ordinary_learners_cannot_see(self):
        bits = random().integers(0, 2, (800, 12)).astype("float32")
        assert not list(labels_unrelated(self.case(bits.sum(1).astype(int) % 2, bits)))

    def test_few_rows_say_nothing(self):
        assert not list(labels_unrelated(self.case(np.arange(50) % 2, table()[:50])))


class TestClassImbalance:
    def rare(self, shift=3.0):
        y = np.zeros(1000, int)
        y[::25] = 1
        return random().normal(size=(1000, 4)) + shift * y[:, None], y

    def test_collapse_to_the_frequent_class(self):
        before = case_before(blind(classifier()), *self.rare())
        assert severities(class_imbalance, before) == [Severity.INFO]
        assert severities(class_imbalance, case_after(before)) == [Severity.WARNING]

    def test_a_rare_class_that_nobody_can_tell_is_no_fault(self):
        case = case_after(case_before(blind(classifier()), *self.rare(shift=0.0)))
        assert not list(class_imbalance(case))

    def test_a_network_that_tells_it_is_silent(self):
        x, y = self.rare()
        model = classifier(units=(1,))
        model.layers[-1].set_weights([np.ones((4, 1)), np.array([-6.0])])
        assert not list(class_imbalance(case_after(case_before(model, x, y))))

    @pytest.mark.parametrize("weighs", ["class_weight", "sample_weight"])
    def test_weights_are_the_remedy(self, weighs):
        x, y = self.rare()
        given = (
            {"weights": 1.0 + y} if weighs == "sample_weight" else {"fit": FitSettings(class_weight={1: 9.0})}
        )
        assert not list(class_imbalance(case_before(blind(classifier()), x, y, **given)))

    def test_values_and_even_classes_are_silent(self):
        assert not list(class_imbalance(case_before(regression(), table(), table()[:, 0])))
        assert not list(class_imbalance(case_before(classifier(), table(), halves())))


class TestDataNotShuffled:
    def case(self, y, *, fit=None, model=None):
        classes = int(y.max()) + 1
        fit = fit or FitSettings(shuffle=False, batch_size=8)
        model = model or blind(classifier(units=(8, classes), last="softmax"))
        return case_before(model, np.eye(classes)[y].repeat(4, 1)[:, :4], y, fit=fit)

    def test_sorted_rows_without_shuffling(self):
        case = self.case(np.repeat([0, 1], 120))
        assert causes(data_not_shuffled, case) == [Cause.DATA_NOT_SHUFFLED]
        assert causes(data_not_shuffled, case_after(case)) == [Cause.DATA_NOT_SHUFFLED]

    def test_sorted_rows_that_fit_shuffles(self):
        assert not list(data_not_shuffled(self.case(np.repeat([0, 1], 120), fit=FitSettings())))

    def test_mixed_rows_need_no_shuffling(self):
        assert not list(data_not_shuffled(self.case(random().permutation(np.repeat([0, 1, 2], 80)))))

    def test_one_batch_of_everything_has_no_order(self):
        fit = FitSettings(shuffle=False, batch_size=240)
        assert not list(data_not_shuffled(self.case(np.repeat([0, 1], 120), fit=fit)))

    def test_batches_in_turns_are_harmless_before_they_hurt(self):
        y = np.tile(np.repeat([0, 1], 8), 15)
        assert severities(data_not_shuffled, self.case(y)) == [Severity.INFO]

    def test_a_dataset_whose_first_rows_are_of_one_class_is_seen_during_the_training(self):
        case = self.case(np.zeros(240, int), model=classifier())
        batches = [np.full(8, number // 20) for number in range(40)]
        record = case_after(case)
        assert record.record is not None
        record.record.observations.extend(
            Observation(step, 0, 1.0, 1.0, 0.0, 0.1, (), batch) for step, batch in enumerate(batches)
        )
        assert causes(data_not_shuffled, record) == [Cause.DATA_NOT_SHUFFLED]


class TestClassesSplitApart:
    def test_validation_split_of_sorted_rows(self):
        y = np.repeat([0, 1, 2], 80)
        case = case_before(
            classifier(units=(8, 3), last="softmax"), table(), y, fit=FitSettings(validation_split=0.25)
        )
        assert causes(classes_split_apart, case) == [Cause.DATA_NOT_SHUFFLED]

    def test_other_classes_in_the_validation_data(self):
        y = np.repeat([0, 1, 2], 80)
        case = case_before(
            classifier(units=(8, 3), last="softmax"),
            table()[:160],
            y[:160],
            validation=(table()[160:], y[160:]),
        )
        assert causes(classes_split_apart, case) == [Cause.DISTRIBUTION_SHIFT]

    def test_a_random_split_and_a_series_in_time_are_right(self):
        y = random().permutation(np.repeat([0, 1, 2], 80))
        fit = FitSettings(validation_split=0.2)
        mixed = case_before(classifier(units=(8, 3), last="softmax"), table(), y, fit=fit)
        series = case_before(regression(), table(), np.linspace(0, 1, ROWS), fit=fit)
        assert not list(classes_split_apart(mixed))
        assert not list(classes_split_apart(series))


class TestDistributionShift:
    def case(self, x, held):
        return case_before(classifier(x.shape[-1]), x, halves(), validation=(held, np.arange(len(held)) % 2))

    @pytest.mark.parametrize("reverse", [False, True])
    def test_a_scaler_on_one_of_both(self, reverse):
        parts = (table(), random().normal(50, 9, (60, 4)))
        trained, held = (random().normal(50, 9, (ROWS, 4)), table()[:60]) if reverse else parts
        assert causes(distribution_shift, self.case(trained, held)) == [Cause.DISTRIBUTION_SHIFT]

    def test_pictures_divided_by_255_on_one_side(self):
        import keras

        model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        pictures = random().uniform(size=(ROWS, 8, 8, 3))
        case = case_before(model, pictures, halves(), validation=(pictures[:50] * 255, halves()[:50]))
        assert causes(distribution_shift, case) == [Cause.DISTRIBUTION_SHIFT]

    @pytest.mark.parametrize("held_rows", [20, 60])
    def test_random_splits_are_silent(self, held_rows):
        heavy = random().standard_t(3, (ROWS + held_rows, 6))
        assert not list(distribution_shift(self.case(heavy[:ROWS], heavy[ROWS:])))

    def test_rare_words_are_no_shift(self):
        words = (random().random((ROWS + 30, 300)) < 0.02) * 2.0
        assert not list(distribution_shift(self.case(words[:ROWS], words[ROWS:])))

    def test_a_series_that_drifts_is_silent(self):
        series = np.cumsum(random().normal(0.2, 0.5, 400))
        windows = np.lib.stride_tricks.sliding_window_view(series, 10)
        assert not list(distribution_shift(self.case(windows[:ROWS], windows[ROWS:])))


class TestDataLeak:
    def case(self, x, held):
        y, held_y = np.arange(len(x)) % 2, np.arange(len(held)) % 2
        return case_before(classifier(x.shape[-1]), x, y, validation=(held, held_y))

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_validation_rows_that_are_trained_on(self, dtype):
        held = np.concatenate([table()[:30], random().normal(9, 1, (30, 4))]).astype(dtype)
        assert causes(data_leak, self.case(table(), held)) == [Cause.DATA_LEAK]

    def test_copies_made_before_the_split(self):
        rows = random().permutation(np.tile(table()[:60], (5, 1)))
        assert causes(data_leak, self.case(rows[:240], rows[240:])) == [Cause.DATA_LEAK]

    def test_discrete_rows_repeat_by_chance(self):
        cards = random().integers(0, 3, (600, 4)).astype("float32")
        assert not list(data_leak(self.case(cards[:400], cards[400:])))

    def test_separate_rows_and_toys_are_silent(self):
        assert not list(data_leak(self.case(table(), random().normal(9, 1, (60, 4)))))
        assert not list(data_leak(self.case(table()[:12], table()[:12])))

    def test_a_target_among_the_features(self):
        y = random().normal(size=ROWS)
        case = case_before(regression(5), np.c_[table(), 3 - 2 * y], y)
        assert causes(target_among_features, case) == [Cause.DATA_LEAK]

    def test_a_line_and_a_smooth_series_have_no_copy(self):
        line = np.linspace(-1, 1, ROWS)
        assert not list(target_among_features(case_before(regression(1), line[:, None], 2 * line - 1)))
        windows = np.lib.stride_tricks.sliding_window_view(np.sin(np.linspace(0, 0.5, ROWS + 4)), 5)
        assert not list(target_among_features(case_before(regression(4), windows[:, :4], windows[:, 4])))


class TestWrongAxis:
    def model(self, layer, shape):
        import keras

        model = keras.Sequential([keras.Input(shape), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    def smooth(self, *shape):
        return random().normal(size=shape).cumsum(axis=-1).astype("float32")

    def test_channels_in_front(self):
        import keras

        x = self.smooth(60, 3, 16, 16)
        case = case_before(self.model(keras.layers.Conv2D(4, 3), (3, 16, 16)), x, halves()[:60])
        assert causes(channels_in_front, case) == [Cause.WRONG_AXIS]

    def test_channels_at_the_end(self):
        import keras

        x = np.moveaxis(self.smooth(60, 3, 16, 16), 1, -1)
        case = case_before(self.model(keras.layers.Conv2D(4, 3), (16, 16, 3)), x, halves()[:60])
        assert not list(channels_in_front(case))

    @pytest.mark.parametrize("layer", ["Conv1D", "LSTM", "Bidirectional"])
    def test_time_behind_the_features(self, layer):
        import keras

        made = {
            "Conv1D": lambda: keras.layers.Conv1D(4, 2),
            "LSTM": lambda: keras.layers.LSTM(4),
            "Bidirectional": lambda: keras.layers.Bidirectional(keras.layers.LSTM(4)),
        }[layer]()
        x = self.smooth(60, 3, 40)
        before = case_before(self.model(made, (3, 40)), x, halves()[:60])
        assert severities(time_and_features_swapped, before) == [Severity.INFO]
        assert causes(time_and_features_swapped, case_after(before)) == [Cause.WRONG_AXIS]

    def test_time_in_front_and_pieces_of_a_longer_series_are_right(self):
        import keras

        x = np.swapaxes(self.smooth(60, 3, 40), 1, 2)
        case = case_before(self.model(keras.layers.LSTM(4), (40, 3)), x, halves()[:60])
        pieces = self.smooth(60, 120).reshape(60, 3, 40)
        pieces -= pieces.mean()
        other = case_before(self.model(keras.layers.LSTM(4), (3, 40)), pieces, halves()[:60])
        assert not list(time_and_features_swapped(case))
        assert not list(time_and_features_swapped(other))

    def test_a_sequence_in_one_step(self):
        import keras

        before = case_before(self.model(keras.layers.LSTM(4), (1, 30)), self.smooth(60, 1, 30), halves()[:60])
        assert severities(sequence_of_one_step, before) == [Severity.INFO]
        unordered = case_before(
            self.model(keras.layers.LSTM(4), (1, 30)), random().normal(size=(60, 1, 30)), halves()[:60]
        )
        assert not list(sequence_of_one_step(unordered))

    def test_likeness_of_neighbours(self):
        assert likeness_of_neighbours(self.smooth(200, 50), axis=1) > 0.9
        assert abs(likeness_of_neighbours(random().normal(size=(200, 50)), axis=1)) < 0.05
