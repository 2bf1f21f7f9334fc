from dataclasses import replace

import keras
import numpy as np
import pytest

from soundcheck.config import DebuggingConfig
from soundcheck.debugging import TrainingMonitor, first_difference
from soundcheck.debugging.record import Record
from soundcheck.errors import SoundcheckError


def trained(*, seed=1, order_seed=2, rate=0.01, scale=1.0, weight=1.0, units=8):
    """The record of a small training; layers have other names each time, as within one process."""
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 5)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int32)
    order = np.random.default_rng(order_seed).permutation(len(x))
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.layers.Dense(units, activation="relu"), keras.layers.Dense(1, "sigmoid")])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="binary_crossentropy")
    monitor = TrainingMonitor()
    weights = np.full(len(x), weight)
    model.fit(
        x[order] * scale,
        y[order],
        sample_weight=weights,
        batch_size=16,
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=[monitor],
    )
    return monitor.record


@pytest.fixture(scope="module")
def record():
    return trained()


@pytest.mark.slow
class TestTrainings:
    def test_the_same_script_twice_does_not_differ(self, record):
        assert first_difference(record, trained()) is None

    @pytest.mark.parametrize(
        ("changed", "quantity", "meaning"),
        [
            ({"seed": 9}, "weights", "set_random_seed"),
            ({"order_seed": 9}, "targets", "order"),
            ({"rate": 0.1}, "learning rate", "optimizers"),
            ({"scale": 2.0}, "outputs", "inputs"),
            ({"weight": 2.0}, "loss", "weights of rows"),
        ],
    )
    def test_what_was_changed_is_where_they_part(self, record, changed, quantity, meaning):
        found = first_difference(record, trained(**changed))
        assert found is not None
        assert (found.step, found.quantity) == (0, quantity)
        assert meaning in found.sentence

    def test_one_more_layer_is_another_model(self, record):
        fewer = replace(record.observations[0], layers=record.observations[0].layers[:1])
        found = first_difference(record, Record(observations=[fewer]))
        assert found is not None
        assert found.quantity == "layers"


@pytest.mark.slow
class TestRecords:
    def test_a_later_difference_has_its_step_and_layer(self, record):
        changed = Record.from_dict(record.to_dict())
        last = changed.observations[-1]
        moved = replace(last.layers[-1], weight_norm=last.layers[-1].weight_norm * 1.01)
        changed.observations[-1] = replace(last, layers=(*last.layers[:-1], moved))
        found = first_difference(record, changed)
        assert found is not None
        assert (found.step, found.layer) == (last.step, last.layers[-1].name)
        assert "went apart since" in found.sentence

    def test_the_tolerance_is_a_setting(self, record):
        changed = Record.from_dict(record.to_dict())
        changed.observations[0] = replace(changed.observations[0], loss=changed.observations[0].loss * 1.001)
        found = first_difference(record, changed)
        assert found is not None
        assert found.quantity == "loss"
        assert first_difference(record, changed, DebuggingConfig(max_run_difference=0.01)) is None

    def test_records_without_a_common_step_are_refused(self, record):
        with pytest.raises(SoundcheckError, match="TrainingMonitor"):
            first_difference(record, Record())
