import numpy as np
import pytest

from soundcheck.debugging.record import LayerState, Observation, Record
from soundcheck.displays.training_record import MOST_LAYERS, TrainingRecordDisplay


def layer(name, gradient=1.0, update=0.01, zero=0.25, saturated=np.nan, trainable=True):
    numbers = {"output_mean": 0.0, "output_std": 1.0, "output_max": 2.0, "weight_norm": 10.0}
    return LayerState(
        name, "Dense", "relu", trainable, **numbers, zero_units=zero, saturated=saturated,
        gradient_norm=gradient, update_norm=update, connected=True,
    )  # fmt: skip


def record(layers, steps=(0, 1, 16)):
    observations = [Observation(step, 0, 1.0, 1.0, 0.0, 0.001, tuple(layers), None) for step in steps]
    epochs = [{"loss": 2.0, "val_loss": 2.5}, {"loss": 1.0, "val_loss": 2.0}]
    return Record(epochs=epochs, observations=observations)


def test_norms_are_relative_to_the_weights():
    layers = [layer("first", gradient=5.0), layer("dropout", trainable=False), layer("last", saturated=0.75)]

    display = TrainingRecordDisplay.from_record(record(layers)).plot()

    assert display.layers == ["first", "last"]
    np.testing.assert_allclose(display.gradients[:, 0], [0.5, 0.1])
    np.testing.assert_allclose(display.updates[:, 0], [0.001, 0.001])
    np.testing.assert_allclose(display.idle[:, 0], [0.25, 0.75])
    assert [len(panel.lines) for panel in display.axes_] == [2, 2, 3, 2]


def test_a_deep_model_is_thinned_from_its_first_to_its_last_layer():
    display = TrainingRecordDisplay.from_record(record([layer(f"dense_{place}") for place in range(50)]))

    assert len(display.layers) == MOST_LAYERS
    assert (display.layers[0], display.layers[-1]) == ("dense_0", "dense_49")


def test_a_loss_that_is_no_number_is_marked():
    broken = record([layer("dense")])
    broken.epochs[1] = {"loss": float("nan")}

    panel = TrainingRecordDisplay.from_record(broken).plot().axes_[0]

    assert "no longer finite" in [text.get_text() for text in panel.get_legend().get_texts()]


def test_without_gradients_there_is_still_a_picture(tmp_path):
    layers = [layer("dense", gradient=np.nan, update=np.nan, zero=np.nan)]

    assert (
        TrainingRecordDisplay.from_record(record(layers), "$title$").save(tmp_path / "p.png").stat().st_size
    )


def test_nothing_observed_is_refused():
    with pytest.raises(ValueError, match="no observations"):
        TrainingRecordDisplay.from_record(Record())
