import keras
import numpy as np
import pytest
import tensorflow as tf
from trainings import case, layer, model, record, seen

from soundcheck.debugging.findings import Cause
from soundcheck.debugging.outcome import Outcome
from soundcheck.debugging.rules.weights import RULES

GOOD = Outcome(0.95, None, poor=False)
LOSSES = [0.7, 0.7, 0.7, 0.7]
OUTPUT = layer("output", activation="sigmoid")


def causes(one) -> list[Cause]:
    return [finding.cause for rule in RULES for finding in rule(one)]


def trained(*layers, **values):
    return record(LOSSES, [seen(step, *layers, **values) for step in (0, 1, 64)])


def constant_model(hidden: float, output: float) -> keras.Model:
    network = model()
    network.get_layer("hidden").kernel.assign(np.full((4, 8), hidden))
    network.get_layer("output").kernel.assign(np.full((8, 1), output))
    return network


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_units_that_are_all_alike_are_an_initialisation_fault_before_any_training(value):
    assert causes(case(None, network=constant_model(value, value))) == [Cause.INITIALISATION]


def test_zeros_in_the_last_layer_alone_are_fine():
    network = model()
    network.get_layer("output").kernel.assign(np.zeros((8, 1)))

    assert causes(case(None, network=network)) == []


def test_zeros_in_a_layer_without_hidden_units_are_fine():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    network.compile("sgd", "mse")

    assert causes(case(None, network=network)) == []


def zeros(units: int, name: str) -> keras.layers.Layer:
    return keras.layers.Dense(units, kernel_initializer="zeros", name=name)


def test_two_heads_of_zeros_read_what_differs():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    heads = keras.Model(inputs, keras.layers.Add()([zeros(2, "mean")(hidden), zeros(2, "width")(hidden)]))
    heads.compile("sgd", "mse")

    assert causes(case(None, network=heads)) == []


def test_zeros_at_the_end_of_a_branch_and_at_the_end_of_the_network_are_fine():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    around = keras.layers.Add()([hidden, zeros(8, "branch")(hidden)])
    network = keras.Model(inputs, zeros(1, "output")(around))
    network.compile("sgd", "mse")

    assert causes(case(None, network=network)) == []


class Branches(keras.Model):
    """Makes its layers in another order than it calls them in."""

    def __init__(self, hidden: keras.layers.Layer) -> None:
        super().__init__()
        self.last, self.hidden = zeros(1, "output"), hidden

    def call(self, inputs):
        return self.last(keras.ops.relu(self.hidden(inputs)))


@pytest.mark.parametrize("initializer", ["ones", "zeros"])
def test_units_that_are_all_alike_are_found_in_a_call_of_its_own(initializer):
    network = Branches(keras.layers.Dense(8, kernel_initializer=initializer, name="hidden"))
    network.compile("sgd", "mse")
    network(np.zeros((1, 4), np.float32))

    assert causes(case(None, network=network)) == [Cause.INITIALISATION]


@pytest.mark.filterwarnings("ignore:`build")
def test_a_layer_whose_first_call_failed_has_no_values_yet():
    network = Branches(keras.layers.Dense(8, kernel_initializer="ones", name="hidden"))
    network.late = keras.layers.Dense(3)
    network.compile("sgd", "mse")
    network(np.zeros((1, 4), np.float32))

    @tf.function
    def failing() -> None:
        network.late(tf.zeros((1, 8)))
        raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        failing()

    assert network.late.built
    assert causes(case(None, network=network)) == [Cause.INITIALISATION]


@pytest.mark.parametrize("norm", [300.0, 0.001])
def test_first_weights_far_out_of_scale_are_an_initialisation_fault(norm):
    assert causes(case(trained(layer(weight_norm=norm), OUTPUT))) == [Cause.INITIALISATION]


def test_a_huge_first_bias_is_an_initialisation_fault():
    hidden = keras.layers.Dense(
        8, activation="relu", name="hidden", bias_initializer=keras.initializers.Constant(-50.0)
    )

    assert causes(case(trained(layer(), OUTPUT), network=model(hidden=hidden))) == [Cause.INITIALISATION]


def test_a_layer_of_silent_units_is_dead():
    assert causes(case(trained(layer(zero_units=0.9), OUTPUT))) == [Cause.DEAD_UNITS]


def test_a_layer_at_the_flat_ends_is_saturated():
    assert causes(case(trained(layer(activation="tanh", saturated=0.99), OUTPUT))) == [Cause.SATURATION]


def test_first_layers_without_gradient_next_to_the_last_one_vanish():
    deep = [layer("hidden", gradient_norm=1e-7), layer("second", gradient_norm=1e-3), OUTPUT]

    assert causes(case(trained(*deep))) == [Cause.VANISHING_GRADIENT]


def test_a_gradient_that_grows_a_thousandfold_explodes():
    observations = [
        seen(step, layer(gradient_norm=norm), OUTPUT) for step, norm in ((0, 1), (1, 9), (64, 1e5))
    ]

    assert causes(case(record(LOSSES, observations))) == [Cause.EXPLODING_GRADIENT]


def test_weights_that_no_step_changed_are_told():
    assert causes(case(trained(layer(update_norm=0.0), OUTPUT))) == [Cause.UNCHANGED_WEIGHTS]


def accumulating() -> keras.Model:
    return model(keras.optimizers.Adam(gradient_accumulation_steps=4))


def test_batches_that_are_accumulated_are_no_steps():
    still = trained(layer(update_norm=0.0), layer("output", update_norm=0.0))

    assert causes(case(still, network=accumulating())) == []


def test_weights_that_no_step_of_an_accumulating_optimizer_changed_are_told():
    still = trained(layer(update_norm=0.0), OUTPUT)

    assert causes(case(still, network=accumulating())) == [Cause.UNCHANGED_WEIGHTS]


@pytest.mark.parametrize(
    "state",
    [
        {"zero_units": 0.95},
        {"activation": "tanh", "saturated": 1.0},
        {"weight_norm": 300.0},
        {"gradient_norm": 1e9},
    ],
)
def test_where_the_network_has_learnt_nothing_is_said(state):
    assert causes(case(trained(layer(**state), OUTPUT), outcome=GOOD)) == []


def test_a_sound_training_that_failed_for_another_reason_is_silent():
    assert causes(case(trained(layer(), OUTPUT))) == []
