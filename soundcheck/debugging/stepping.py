"""Looking at some batches of a running `fit`, which gets every batch as if nobody had looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Protocol

INTERVAL_STEPS = 256
"""An observation costs some steps, the more layers a network has, the more (`benchmarks/monitor_cost.py`)."""

_FIRST_STEPS = frozenset({0, 1, 8, 64})
"""A training goes wrong at its start, if it does: there we look more often."""


def is_observed(step: int) -> bool:
    """Whether the batch of this step is to be observed; by its number alone, so that reruns agree."""
    return step in _FIRST_STEPS or (step > 0 and step % INTERVAL_STEPS == 0)


class Onlooker(Protocol):
    """Looks at batches."""

    def wants(self, steps: range) -> bool:
        """Whether it wants to see the batches of the next steps."""
        ...

    def before(self, batches: Sequence[Any], step: int) -> None:
        """Sees the next batches, with the weights that the first of them will change."""
        ...

    def after(self, steps: int) -> None:
        """Is told that the optimizer has made so many steps with them."""
        ...

    def broken_off(self) -> None:
        """Is told that the training has failed or was interrupted."""
        ...


class WatchedSteps:
    """A model's `train_function` with an onlooker.

    `fit` calls it with an iterator of batches. Where the onlooker wants to see the next batches, they are
    taken out of the iterator and given to the original function through another one of the same type, so
    that nothing is traced anew and nothing else is computed.

    An epoch's batches come from one iterator: from another one, without an epoch that was announced, they are
    those of a later `fit` that nobody watches, after one that an error had ended.

    Attributes:
        original: the model's own function.
        step: batches that it was given, in all fits of this training.
    """

    def __init__(
        self, original: Callable[[Any], Any], steps_per_execution: int, onlooker: Onlooker, step: int
    ) -> None:
        self.original = original
        self.step = step
        self._steps_per_execution = steps_per_execution
        self._onlooker = onlooker
        self._iterator: Any = None
        self._announced = False

    def begin_epoch(self) -> None:
        """The next iterator is that of a watched epoch."""
        self._announced = True

    def end_epoch(self, step: int) -> None:
        """The epoch is over; `step` is the first of the next: the last execution may not have been full."""
        self.step, self._iterator = step, None

    def __call__(self, iterator: Any) -> Any:
        """One execution of the training function: one step, or `steps_per_execution`."""
        if self._announced:
            self._iterator, self._announced = iterator, False
        if iterator is not self._iterator:
            return self.original(iterator)
        coming = range(self.step, self.step + self._steps_per_execution)
        batches = self._taken(iterator) if self._onlooker.wants(coming) else []
        if not batches:
            logs = self._executed(iterator)
            self.step = coming.stop
            return logs
        self._onlooker.before(batches, self.step)
        logs = self._executed(_replay(batches, iterator))
        self.step += len(batches)
        self._onlooker.after(len(batches))
        return logs

    def _executed(self, iterator: Any) -> Any:
        import tensorflow as tf

        try:
            return self.original(iterator)
        except (StopIteration, tf.errors.OutOfRangeError):  # the epoch is over
            raise
        except BaseException:
            self._onlooker.broken_off()
            raise

    def _taken(self, iterator: Any) -> list[Any]:
        """The next batches; none where they could not be given back, or where there are none left."""
        import tensorflow as tf

        if not isinstance(iterator, tf.data.Iterator):
            return []
        return list(islice(iterator, self._steps_per_execution))


def _replay(batches: Sequence[Any], iterator: Any) -> Any:
    """An iterator over batches that were taken from `iterator`, of the same type."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False  # they cost more than they bring
    dataset = _concatenated([tf.data.Dataset.from_tensors(batch) for batch in batches])
    handles = tf.nest.flatten(iter(dataset.with_options(options)), expand_composites=True)
    return tf.nest.pack_sequence_as(iterator, handles, expand_composites=True)


def _concatenated(parts: Sequence[Any]) -> Any:
    """One dataset of all; by halves, as TensorFlow's iterators call one another at each concatenation."""
    middle = len(parts) // 2
    return _concatenated(parts[:middle]).concatenate(_concatenated(parts[middle:])) if middle else parts[0]
