"""Fitting: from an untrained network to the weights of the epoch that validation prefers.

Conventions:
    Only validation selects. The test set is evaluated after every epoch, for viewing: it chooses no epoch,
    and evaluating it advances no random state that training uses.
    The same seed, data and machine give bit-identical weights.
    The training is recorded for whoever debugs it; that changes no bit of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from tqdm import tqdm

from soundcheck.errors import SoundcheckError
from soundcheck.training.fitted import Fitted, TrainingDivergedError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from soundcheck.config import ModelConfig, TrainingConfig
    from soundcheck.debugging.record import Record
    from soundcheck.features.pipeline import Datasets
    from soundcheck.training.callbacks import EpochLedger


def fit(
    build: Callable[..., keras.Model],
    datasets: Datasets,
    model: ModelConfig,
    training: TrainingConfig,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> Fitted:
    """Trains a network and returns it with the weights of its best epoch.

    Seeds the random generators of Python, NumPy and TensorFlow, and switches TensorFlow to deterministic
    operations; both are settings of the process and stay.

    Args:
        build: The architecture's builder, see `soundcheck.models`.
        datasets: Batches of the three splits, of known number. Made anew for each fit, and with
            TensorFlow's global seed set: the order of the training clips depends on it, and on how often they
            were read before.
        model: Decides the width.
        training: Epochs, learning rate, its schedule, seed. The batch size is that of `datasets`.
        on_epoch: Called after each epoch with its row of the history, see `Fitted`.

    Raises:
        SoundcheckError: where a split is empty.
        TrainingDivergedError: where a training or validation loss is not finite.
    """
    from soundcheck.debugging.recorder import TrainingRecorder
    from soundcheck.training.callbacks import EpochLedger, ProgressBar

    network = untrained(build, datasets, model, training)
    recorder, ledger = TrainingRecorder(), EpochLedger(network, datasets.test, on_epoch)
    total_steps = len(datasets.train) * training.epochs
    with tqdm(total=total_steps, unit="batch", disable=None, leave=False) as bar:
        network.fit(
            datasets.train,
            validation_data=datasets.validation,
            epochs=training.epochs,
            callbacks=[recorder, ledger] if bar.disable else [recorder, ledger, ProgressBar(bar)],
            shuffle=False,  # Keras cannot shuffle a data set, and warns unless told not to
            verbose=0,  # pyright: ignore[reportArgumentType] (Keras guesses its type)
        )
    if ledger.divergence:
        raise TrainingDivergedError(ledger.divergence, _fitted(network, ledger, recorder.record))
    network.set_weights(ledger.best_weights)
    if ledger.best_epoch < len(ledger.rows):
        recorder.record.kept_epoch = ledger.best_epoch - 1
    return _fitted(network, ledger, recorder.record)


def untrained(
    build: Callable[..., keras.Model], datasets: Datasets, model: ModelConfig, training: TrainingConfig
) -> keras.Model:
    """The compiled network with which `fit` begins; the arguments and what is set are those of `fit`."""
    import keras
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(training.seed)
    _refuse_empty(datasets)
    with _own_seeds(training.seed):
        network = build(_feature_shape(datasets.train), len(datasets.labels), width=model.width)
    _adapt_normalization(network, datasets.train)
    _compile(network, training, len(datasets.train) * training.epochs)
    return network


@contextmanager
def _own_seeds(seed: int) -> Generator[None]:
    """Within it Keras draws the seeds of initializers and dropout from a generator of our own.

    It takes them from Python's global one, from which any thread of the process may draw in between: those of
    Prefect do, to spread their calls in time.
    """
    from keras.src.random import seed_generator

    drawn_from = seed_generator.python_random
    seed_generator.python_random = random.Random(seed)  # noqa: S311 (no secret)
    try:
        yield
    finally:
        seed_generator.python_random = drawn_from


def _fitted(network: keras.Model, ledger: EpochLedger, record: Record) -> Fitted:
    import keras

    return Fitted(
        model=keras.Model(network.inputs, network.outputs, name=network.name),
        history=pd.DataFrame(ledger.rows),
        best_epoch=ledger.best_epoch,
        optimizer=_scalars(network.optimizer.get_config()),
        record=record,
    )


def _refuse_empty(datasets: Datasets) -> None:
    for name in ("train", "validation", "test"):
        if len(getattr(datasets, name)) == 0:
            raise SoundcheckError(
                f"there is no clip in the split {name!r}: give more clips, or change "
                "data.validation_fraction and data.test_fraction"
            )


def _feature_shape(dataset: tf.data.Dataset[Any]) -> tuple[int, int]:
    features, _ = cast("tuple[Any, Any]", dataset.element_spec)
    _, frames, bins = features.shape
    return frames, bins


def _adapt_normalization(network: keras.Model, train: tf.data.Dataset[Any]) -> None:
    """Gives the network the mean and deviation of the training features."""
    normalization = network.get_layer("normalization")
    has_channel = len(normalization.input.shape) == 4  # noqa: PLR2004
    normalization.adapt(train.map(lambda features, _: features[..., None] if has_channel else features))


def _compile(network: keras.Model, training: TrainingConfig, total_steps: int) -> None:
    import keras

    learning_rate: Any = training.learning_rate
    if training.learning_rate_schedule == "cosine":
        learning_rate = keras.optimizers.schedules.CosineDecay(training.learning_rate, total_steps)
    network.compile(
        optimizer=keras.optimizers.Adam(learning_rate, name="adam"),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,  # pyright: ignore[reportArgumentType] (Keras guesses its type)
    )


def _scalars(config: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    """A Keras configuration as flat scalars; an object in it becomes its class name and its settings."""
    flat: dict[str, object] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            flat[f"{prefix}{name}"] = value["class_name"]
            flat |= _scalars(value["config"], f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = _shortest(value)
    return flat


def _shortest(value: object) -> object:
    """A float32 that Keras widened, 0.0010000000474974513, as the shortest decimal that means it, 0.001."""
    return float(str(np.float32(value))) if isinstance(value, float) else value
