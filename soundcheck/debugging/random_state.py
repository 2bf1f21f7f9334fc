"""The script's random numbers: what Soundcheck draws must not be missed by the script.

A script draws from Python's and NumPy's generators, from TensorFlow's eager context (which gives each
operation a seed, and each pair of seeds a kernel that counts its own draws), from Keras's seed generators
(variables of the layers) and, in a way, from Keras's counters of names. `preserved_random_state` puts back
every one.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from soundcheck.debugging.model_state import preserved_model_state

if TYPE_CHECKING:
    import keras

_SEED = 1_618_033_988
"""Ours. No kernel of the script's is shared as long as it differs from the script's seed."""


@contextmanager
def preserved_random_state(
    model: keras.Model | None = None, *, threads_may_draw: bool = False
) -> Generator[None]:
    """Inside, random numbers are ours and always the same; outside, it is as if nothing had been drawn.

    What it cannot undo: the making of weights that the model did not have, and `tf.random.set_seed`, which
    resets the script's operations.

    Args:
        model: its variables, those of its metrics and optimizers, and any `tf.Variable` and
            `tf.random.Generator` that it holds are put back, bit for bit, and its functions for `fit`,
            `evaluate` and `predict` are set aside: one made inside would keep our seed.
        threads_may_draw: leave Python's and NumPy's generators alone, since threads of the script may draw
            from them now: within a `fit` that Python code feeds. Then our own work must not draw from them.
    """
    with ExitStack() as stack:
        if not threads_may_draw:
            stack.enter_context(_python_and_numpy_preserved())
        stack.enter_context(_tensorflow_preserved())
        stack.enter_context(_keras_preserved())
        if model is not None:
            stack.enter_context(preserved_model_state(model))
        yield


@contextmanager
def script_random_state() -> Generator[None]:
    """Within `preserved_random_state`, for code of the script's: its own draws go on from where they were."""
    if not _set_aside:
        yield
        return
    ours = ProcessRandomState.now()
    _set_aside[0].restore()
    try:
        yield
    finally:
        _set_aside[0] = ProcessRandomState.now()
        ours.restore()


@contextmanager
def preserved_generators() -> Generator[None]:
    """Puts back the generators that the script made itself, wherever it keeps them.

    To find them takes a fifth of a second; it is for reading data that Python code of the script makes.
    """
    kinds = (random.Random, np.random.BitGenerator, np.random.RandomState)
    saved = [(one, _state_of(one)) for one in gc.get_objects() if isinstance(one, kinds)]
    try:
        yield
    finally:
        for one, state in saved:
            _set_state(one, state)


@dataclass(frozen=True)
class ProcessRandomState:
    """What all threads draw from: Python's and NumPy's generators and the seeds of eager operations."""

    python: tuple[Any, ...]
    numpy_generator: np.random.BitGenerator
    numpy: dict[str, Any]
    tensorflow_seed: int | None
    tensorflow: tuple[Any, ...] | None

    @classmethod
    def now(cls) -> ProcessRandomState:
        """The state as it is."""
        context = _eager_context()
        seeds = getattr(context, "_rng", None)
        return cls(
            random.getstate(),
            np.random.get_bit_generator(),
            np.random.get_state(legacy=False),  # pyright: ignore[reportArgumentType] (a dict, as asked for)
            context._seed,
            None if seeds is None else seeds.getstate(),
        )

    def restore(self) -> None:
        """Makes the state what it was."""
        self._restore_python()
        self._restore_numpy()
        self._restore_tensorflow()

    def repeat(self, after: ProcessRandomState) -> None:
        """Draws again, without drawing, what was drawn between this state and `after`.

        Each generator that is not where it was then, since somebody else drew from it, stays.
        """
        now = ProcessRandomState.now()
        if now.python == self.python:
            after._restore_python()
        if now._numpy_words() == self._numpy_words():
            after._restore_numpy()
        if (now.tensorflow_seed, now.tensorflow) == (self.tensorflow_seed, self.tensorflow):
            after._restore_tensorflow()

    def _restore_python(self) -> None:
        random.setstate(self.python)

    def _restore_numpy(self) -> None:
        np.random.set_bit_generator(self.numpy_generator)
        np.random.set_state(self.numpy)

    def _restore_tensorflow(self) -> None:
        context = _eager_context()
        context._seed = self.tensorflow_seed  # not by set_seed: that would reset the script's operations
        if self.tensorflow is not None:
            context._rng = random.Random()  # noqa: S311
            context._rng.setstate(self.tensorflow)

    def _numpy_words(self) -> tuple[Any, ...]:
        words = np.asarray(self.numpy["state"].get("key", ())).tobytes()
        return words, repr(self.numpy["state"]), self.numpy["has_gauss"], self.numpy["gauss"]


_set_aside: list[ProcessRandomState] = []
"""The states that `preserved_random_state` will put back; the first is the script's."""


@contextmanager
def _python_and_numpy_preserved() -> Generator[None]:
    _set_aside.append(ProcessRandomState.now())
    random.seed(_SEED)
    np.random.set_bit_generator(np.random.MT19937(_SEED))
    try:
        yield
    finally:
        _set_aside.pop().restore()


@contextmanager
def _tensorflow_preserved() -> Generator[None]:
    from tensorflow.python.ops import stateful_random_ops

    context = _eager_context()
    seed, seeds = context._seed, getattr(context, "_rng", None)
    generator = stateful_random_ops.global_generator
    drawn = None if generator is None else generator.state.numpy()
    context._seed = _SEED if seed != _SEED else _SEED + 1
    context._rng = random.Random(_SEED)  # noqa: S311
    if generator is not None:
        generator.reset_from_seed(_SEED)
    try:
        yield
    finally:
        context._seed, context._rng = seed, seeds
        stateful_random_ops.global_generator = generator
        if generator is not None:
            generator.state.assign(drawn)


@contextmanager
def _keras_preserved() -> Generator[None]:
    """This thread's part of Keras's state: the generator for layers without a seed, the counters of names."""
    import keras
    from keras.src.backend.common import global_state

    state = vars(global_state.GLOBAL_STATE_TRACKER)
    saved = {name: value.copy() if name == "object_name_uids" else value for name, value in state.items()}
    generator = state.get("global_seed_generator")
    drawn = None if generator is None else generator.state.numpy()
    state["global_seed_generator"] = keras.random.SeedGenerator(_SEED)
    try:
        yield
    finally:
        state.clear()
        state.update(saved)
        if generator is not None:
            generator.state.assign(drawn)


def _eager_context() -> Any:
    from tensorflow.python.eager import context

    return context.context()


def _state_of(generator: Any) -> Any:
    if isinstance(generator, random.SystemRandom):
        return None
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.state


def _set_state(generator: Any, state: Any) -> None:
    if isinstance(generator, random.SystemRandom):
        return
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        generator.state = state
