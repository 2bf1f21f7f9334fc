"""Adoption: a Keras model of somebody's own brought into the form that every model of ours has.

That form takes features (batch, frames, bins) or, where the model has a front end of its own, waveforms
(batch, samples), and answers logits (batch, labels), the labels sorted.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.features.spectrogram import geometry

if TYPE_CHECKING:
    import keras

    from soundcheck.config import FeaturesConfig

SUFFIX = ".keras"
LEAST_PROBABILITY = 1e-30
"""Taken for zero, whose logarithm is not finite; float32 goes down to 1e-38."""

_PROBES = 64
_FRONT_END = "Spectrogram"  # the class of our own
Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class ModelFile:
    """A `.keras` file; equal digests are equal bytes."""

    path: Path
    digest: str


def read_model(path: Path) -> keras.Model:
    """The model of a file, without its optimizer. Keras's safe mode is on: no code of the file is run.

    Raises:
        SoundcheckError: it is no file that Keras wrote, or holds what cannot be loaded without its code.
    """
    import keras

    importlib.import_module("soundcheck.features.layers")  # by name, see `soundcheck.fingerprint`
    try:
        model: Any = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        # Keras raises OSError, ValueError, TypeError, KeyError and others, by what is wrong with the file.
        raise SoundcheckError(f"{path} cannot be loaded: {_reason(error)}") from error
    return model


def adopt(
    model: keras.Model,
    features: FeaturesConfig,
    sample_rate_hz: int,
    labels: Sequence[str],
    order: Sequence[str] = (),
) -> keras.Model:
    """The model in our form.

    Answers that are all between 0 and 1 are taken for probabilities, and turned into their logarithms, which
    are logits; whether they are is seen on noise. A front end of ours is taken off.

    Args:
        model: Takes one input and gives one output.
        features: What the model is fed with.
        sample_rate_hz: Rate of the clips.
        labels: Names of the classes, sorted.
        order: The same names in the order of the model's outputs; without it they are sorted too.

    Raises:
        SoundcheckError: the model takes something else, or does not give one value for each label.
    """
    import keras

    body = _behind_front_end(model, features, sample_rate_hz)
    places = _places(labels, order)
    if not str(body.inputs[0].dtype).startswith(("float", "bfloat")):
        raise SoundcheckError(
            f"the model takes {body.inputs[0].dtype}; features and waveforms are floating-point numbers"
        )
    form, taken = _fitting_shape(_one_shape(body, "inputs"), features, sample_rate_hz)
    _check_outputs(_one_shape(body, "outputs"), labels)
    given = keras.Input(form, name="features" if len(form) > 1 else "waveform")
    shaped = given if taken == form else keras.layers.Reshape(taken, name="channel")(given)
    [answers] = keras.tree.flatten(body(shaped))
    answers = keras.ops.cast(answers, "float32")
    if _gives_probabilities(body, taken):
        answers = keras.ops.log(keras.ops.maximum(answers, LEAST_PROBABILITY))
    if places != list(range(len(places))):
        answers = keras.ops.take(answers, places, axis=-1)
    return keras.Model(given, answers, name="adopted")


def takes_waveforms(model: keras.Model) -> bool:
    """Whether a model in our form has a front end of its own."""
    return len(model.input_shape) == 2  # noqa: PLR2004


def _behind_front_end(model: keras.Model, features: FeaturesConfig, sample_rate_hz: int) -> keras.Model:
    """The part of a model that takes the features of our own front end; the model where it has none.

    Raises:
        SoundcheckError: the front end computes other features.
    """
    import keras

    front_ends = [layer for layer in model.layers if type(layer).__name__ == _FRONT_END]
    if not front_ends:
        every: list[Any] = model._flatten_layers(include_self=False)  # pyright: ignore[reportPrivateUsage]
        if any(type(layer).__name__ == _FRONT_END for layer in every):
            raise SoundcheckError(
                "the model's front end is inside a model in it; save it with its layers flat"
            )
        return model
    settings = front_ends[0].get_config()
    wanted = features.model_dump(exclude={"storage"}) | {"sample_rate_hz": sample_rate_hz}
    differing = [f"{name}={settings[name]}" for name, value in wanted.items() if settings.get(name) != value]
    if differing:
        raise SoundcheckError(
            f"the model computes other features than the configuration: {', '.join(differing)}; give these "
            "to --set, as features.NAME=VALUE or data.sample_rate_hz=VALUE"
        )
    features_of_clip = front_ends[0].output
    if isinstance(model, keras.Sequential):
        behind = model.layers[model.layers.index(front_ends[0]) + 1 :]
        return keras.Sequential([keras.Input(features_of_clip.shape[1:]), *behind])
    return keras.Model(features_of_clip, model.outputs)


def _places(labels: Sequence[str], order: Sequence[str]) -> list[int]:
    """Of each label among the outputs."""
    order = order or labels
    if sorted(order) != sorted(labels):
        raise SoundcheckError(
            f"--labels names {', '.join(order)}, but the labels of the data are {', '.join(labels)}; name "
            "each of them once, in the order of the model's outputs"
        )
    return [list(order).index(label) for label in labels]


def _one_shape(model: keras.Model, end: str) -> tuple[int | None, ...]:
    """Of the one input or the one output, without the batch."""
    tensors: Any = getattr(model, end, None)
    if not tensors or len(tensors) != 1:
        raise SoundcheckError(f"the model has {len(tensors or ())} {end}; give a built model with one")
    return tuple(tensors[0].shape[1:])


def _fitting_shape(
    taken: tuple[int | None, ...], features: FeaturesConfig, sample_rate_hz: int
) -> tuple[Shape, Shape]:
    """The shape of a clip in our form, and that in which the model takes it."""
    of_clip = geometry(features, sample_rate_hz)
    spectrum, sound = (of_clip.frames, of_clip.bins), (of_clip.clip_length,)
    for form in (spectrum, sound):
        for shape in (form, (*form, 1)):
            if _accepts(taken, shape):
                return form, shape
    raise SoundcheckError(
        f"the model takes inputs of shape {taken}, but a clip is {spectrum} (frames, bins) as features and "
        f"{sound} (samples) as a waveform; frames come of features.frame_step_ms and "
        "features.frame_length_ms, bins of features.mel_bands (with features.kind=stft of the frame length), "
        "samples of features.clip_duration_ms and data.sample_rate_hz: name with --set, or by --preset, what "
        "the model was trained with"
    )


def _accepts(taken: tuple[int | None, ...], shape: Shape) -> bool:
    """Whether a shape, None in which is any length, is that of another."""
    same_rank = len(taken) == len(shape)
    return same_rank and all(one in {None, two} for one, two in zip(taken, shape, strict=True))


def _check_outputs(shape: tuple[int | None, ...], labels: Sequence[str]) -> None:
    if shape != (len(labels),):
        raise SoundcheckError(
            f"the model's output has the shape {shape}, but the data has {len(labels)} labels "
            f"({', '.join(labels)}); give data with the labels that the model was trained on (data.words "
            "chooses some of a larger set), or a model with one output for each"
        )


def _gives_probabilities(model: keras.Model, shape: Shape) -> bool:
    import keras

    noise = np.random.default_rng(0).standard_normal((_PROBES, *shape)).astype(np.float32)
    [answers] = keras.tree.flatten(model.predict_on_batch(noise))
    return bool(((answers >= 0) & (answers <= 1)).all())


def _reason(error: Exception) -> str:
    """What to do about it, by what Keras says."""
    said = str(error)
    if "lambda" in said.lower() and "safe_mode" in said:
        return (
            "it holds a Lambda layer, whose Python code would be run; write it as keras.ops or as a layer, "
            "and save the model again"
        )
    if "Could not locate" in said or "could not be deserialized" in said:
        return (
            "it holds a layer of a class of its own, which is not in the file; build it of Keras's own layers"
        )
    return "it is damaged, or no file that `model.save('NAME.keras')` of Keras 3 wrote"
