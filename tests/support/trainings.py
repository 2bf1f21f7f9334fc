"""Trainings that never took place: cases with a record made by hand, for tests of the rules."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from soundcheck.config import DebuggingConfig
from soundcheck.debugging.case import Case, FitSettings
from soundcheck.debugging.heads import heads_of
from soundcheck.debugging.outcome import Outcome
from soundcheck.debugging.record import LayerState, Observation, Record
from soundcheck.debugging.samples import Sample
from soundcheck.debugging.standards import Standard

ROWS = 256


def layer(name: str = "hidden", **values: Any) -> LayerState:
    """A sound layer, but for what is given."""
    sound = {
        "kind": "Dense",
        "activation": "relu",
        "trainable": True,
        "output_mean": 0.3,
        "output_std": 1.0,
        "output_max": 3.0,
        "zero_units": 0.0,
        "saturated": float("nan"),
        "weight_norm": 4.0,
        "gradient_norm": 1.0,
        "update_norm": 0.004,
        "connected": True,
    }
    return LayerState(name=name, **(sound | values))


def seen(step: int, *layers: LayerState, **values: Any) -> Observation:
    """An observation of a sound training, but for what is given."""
    sound = {
        "epoch": 0,
        "loss": 0.7,
        "inference_loss": 0.7,
        "penalty": 0.0,
        "learning_rate": 0.001,
        "targets": None,
    }
    return Observation(
        step=step, layers=layers or (layer(), layer("output", activation="linear")), **(sound | values)
    )


def record(losses: list[float], observations: list[Observation] | None = None, **values: Any) -> Record:
    """A training with these losses, of ten steps an epoch."""
    sound = {
        "epochs": [{"loss": loss} for loss in losses],
        "learning_rates": [0.001] * len(losses),
        "epoch_steps": [10] * len(losses),
        "observations": [seen(0), seen(1), seen(64)] if observations is None else observations,
        "finished": True,
    }
    return Record(**(sound | values))


def model(optimizer: Any = "adam", hidden: keras.Layer | None = None) -> keras.Model:
    """A small classifier with the layers `hidden` and `output`."""
    keras.utils.set_random_seed(0)
    built = keras.Sequential(
        [
            keras.Input((4,)),
            hidden or keras.layers.Dense(8, activation="relu", name="hidden"),
            keras.layers.Dense(1, activation="sigmoid", name="output"),
        ]
    )
    built.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return built


def case(
    training: Record | None,
    *,
    network: keras.Model | None = None,
    outcome: Outcome | None = Outcome(0.02, None, poor=True),  # noqa: B008 - frozen
    standard: Standard | None = Standard(0.9, 0.9),  # noqa: B008 - frozen
    **values: Any,
) -> Case:
    """A case of a training that went badly, unless told otherwise."""
    network = network or model()
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 4)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int32)
    sample = Sample(x, y, None, ROWS, ROWS, (32,) * 8)
    given: dict[str, Any] = {
        "model": network,
        "sample": sample,
        "validation": None,
        "heads": heads_of(network, np.full((ROWS, 1), 0.5), y),
        "initial": training.observations[0] if training and training.observations else None,
        "settings": DebuggingConfig(),
        "fit": FitSettings(batch_size=32, epochs=10),
        "record": training,
    }
    made = Case(**(given | values))
    made.__dict__.update(outcome=outcome, standard=standard)  # in place of what is computed when asked for
    return made
