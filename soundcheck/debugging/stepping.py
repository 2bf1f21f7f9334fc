"""Looking at some batches of a running `fit`, which gets every batch as if nobody had looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Protocol

INTERVAL_STEPS = 256
"""An observation costs one to six steps, the more layers a network has, the more: 2 % at the most."""

_FIRST_STEPS = frozenset({0, 1, 4, 16, 64})
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
        self._replay: Callable[[Sequence[Any]], Any] | None = None
        self._possible = True

    def __call__(self, iterator: Any) -> Any:
        """One execution of the training function: one step, or `steps_per_execution`."""
        coming = range(self.step, self.step + self._steps_per_execution)
        batches = self._taken(iterator) if self._onlooker.wants(coming) else []
        if not batches:
            logs = self._executed(iterator)
            self.step = coming.stop
            return logs
        assert self._replay is not None  # noqa: S101 (made before batches are taken)
        self._onlooker.before(batches, self.step)
        logs = self._executed(self._replay(batches))
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
        if self._replay is None and self._possible:
            self._replay = _replay_like(iterator)
            self._possible = self._replay is not None
        return list(islice(iterator, self._steps_per_execution)) if self._possible else []


def _replay_like(iterator: Any) -> Callable[[Sequence[Any]], Any] | None:
    """Makes iterators over given batches, of the same type as `iterator`; None where there is no such way."""
    import tensorflow as tf

    if not isinstance(iterator, tf.data.Iterator):
        return None
    batches: list[Any] = []
    try:
        dataset = tf.data.Dataset.from_generator(
            lambda: iter(tuple(batches)), output_signature=iterator.element_spec
        )
        alike = iter(dataset).element_spec == iterator.element_spec
    except (TypeError, ValueError, NotImplementedError, tf.errors.OpError):
        return None

    def replay(given: Sequence[Any]) -> Any:
        batches[:] = given
        return iter(dataset)

    return replay if alike else None
