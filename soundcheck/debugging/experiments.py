"""Experiments: short trainings of a model on a sample, which leave the model as it was."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from soundcheck.debugging.layers import inner_optimizer, leaf_layers
from soundcheck.debugging.random_state import preserved_random_state
from soundcheck.debugging.samples import Sample

if TYPE_CHECKING:
    import keras

_SEED = 20_170_803
_CHECK_EVERY = 10


@dataclass(frozen=True)
class Plan:
    """How a short training is done.

    Attributes:
        sample: its rows.
        steps: batches.
        batch_size: rows of a batch; at most those of the sample.
        optimizer: a new one; None: one like the model's own.
        learning_rate: in place of the optimizer's own.
        dropout: whether dropout drops.
        penalties: whether the model's own losses (L1, L2) count.
        shuffled: whether the rows are drawn in random order.
        start: values of the model's weights to start from; without them those it has.
        layers: attributes of layers to change, such as `{"dense": {"activation": relu}}`.
        loss: in place of the compiled one: takes targets and outputs to a loss for each row.
        enough: share of the first loss at which no more steps are needed.
    """

    sample: Sample
    steps: int
    batch_size: int
    optimizer: keras.Optimizer | None = None
    learning_rate: float | None = None
    dropout: bool = True
    penalties: bool = True
    shuffled: bool = True
    start: tuple[NDArray[Any], ...] = ()
    layers: tuple[tuple[keras.Layer, str, Any], ...] = ()
    loss: Any = None
    enough: float = 0.0

    def with_adam(self) -> Plan:
        """The same with Adam at its usual rate."""
        import keras

        return replace(self, optimizer=keras.optimizers.Adam(0.001), learning_rate=None)


@dataclass(frozen=True)
class Run:
    """What came of a short training.

    Attributes:
        losses: (steps,) of each batch before its step.
        first: the loss of the sample's first rows before it, penalties left out where the plan says so.
        last: the same after it.
        outputs: what the model then gave for the sample; in its structure.
    """

    losses: NDArray[np.float64]
    first: float
    last: float
    outputs: Any

    @property
    def steps(self) -> int:
        """Steps that were done in the time given."""
        return len(self.losses)

    @property
    def diverged(self) -> bool:
        """Whether the loss is greater than before, or no number."""
        return not self.last <= self.first

    @property
    def fell_to(self) -> float:
        """Share of the loss that is left; infinite where it is no number."""
        return self.last / self.first if np.isfinite(self.last) and self.first > 0 else float("inf")


def trainable_by_loss(model: keras.Model) -> bool:
    """Whether the compiled loss is what the model is trained by: it has no training step of its own."""
    import keras

    own_step = type(model).train_step is not keras.Model.train_step
    return not own_step and getattr(model, "compiled", False) and getattr(model, "loss", None) is not None


def train(model: keras.Model, plan: Plan, max_seconds: float) -> Run | None:
    """Trains a model for a short while and gives it back as it was.

    Returns:
        None where the model is trained by more than its loss, or has no weights to train.
    """
    if not trainable_by_loss(model) or not model.trainable_variables:
        return None
    with preserved_random_state(model), _changed(model, plan), _quiet():
        for variable, value in zip(model.weights if plan.start else (), plan.start, strict=True):
            variable.assign(value)
        return _trained(model, plan, max_seconds)


def _trained(model: keras.Model, plan: Plan, max_seconds: float) -> Run:
    from soundcheck.debugging.building import outputs_of

    started_s = time.monotonic()
    step, loss_of = _functions(model, plan)
    few = plan.sample.spread(plan.batch_size)
    first = float(loss_of(few.x, few.y, few.weights))
    losses: list[float] = []
    for batch in _batches(plan):
        if len(losses) % _CHECK_EVERY == 0 and losses:
            late = time.monotonic() - started_s > max_seconds
            # The loss in training mode says when it is worth a look at the one that counts.
            promising = losses[-1] < plan.enough * losses[0]
            if late or (promising and float(loss_of(few.x, few.y, few.weights)) < plan.enough * first):
                break
        if len(losses) >= plan.steps:
            break
        losses.append(float(step(batch.x, batch.y, batch.weights)))
        if not np.isfinite(losses[-1]):
            break
    last = float(loss_of(few.x, few.y, few.weights))
    _, outputs = outputs_of(model, plan.sample, max_seconds)
    return Run(np.array(losses), first, last, outputs)


def _functions(model: keras.Model, plan: Plan) -> tuple[Any, Any]:
    """A step of the training, and the loss in inference mode, as graphs."""
    import tensorflow as tf

    optimizer = _optimizer(model, plan)
    weights = model.trainable_variables
    optimizer.build(weights)

    def loss(x: Any, y: Any, sample_weight: Any, training: bool) -> Any:
        outputs = model(x, training=training)
        if plan.loss is not None:
            return tf.reduce_mean(plan.loss(y, outputs))
        total: Any = model.compute_loss(x, y, outputs, sample_weight, training)
        return total if plan.penalties or not model.losses else total - tf.add_n(model.losses)

    def step(x: Any, y: Any, sample_weight: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(x, y, sample_weight, training=True)
            scaled = optimizer.scale_loss(value)
        optimizer.apply(tape.gradient(scaled, [weight.value for weight in weights]), weights)
        return value

    def inference_loss(x: Any, y: Any, sample_weight: Any) -> Any:
        return loss(x, y, sample_weight, training=False)

    return tf.function(step, reduce_retracing=True), tf.function(inference_loss, reduce_retracing=True)


def _optimizer(model: keras.Model, plan: Plan) -> keras.Optimizer:
    """A new one, so that nothing of the model's own is moved; in float16 it scales the loss as that does."""
    import keras

    compiled, own = model.optimizer, plan.optimizer or inner_optimizer(model)
    rate = {} if plan.learning_rate is None else {"learning_rate": plan.learning_rate}
    optimizer = type(own).from_config(own.get_config() | rate)
    if isinstance(compiled, keras.optimizers.LossScaleOptimizer):
        return keras.optimizers.LossScaleOptimizer(
            optimizer, compiled.initial_scale, compiled.dynamic_growth_steps
        )
    return optimizer


def _batches(plan: Plan) -> Iterator[Sample]:
    """Batches of one size for ever."""
    order = np.random.default_rng(_SEED)
    rows = plan.sample.rows
    size = min(plan.batch_size, rows)
    while True:
        places = order.permutation(rows) if plan.shuffled else np.arange(rows)
        for start in range(0, rows - size + 1, size):
            yield plan.sample.take(places[start : start + size])


@contextmanager
def _quiet() -> Generator[None]:
    """Without TensorFlow's advice to make each graph but once: every experiment is another one."""
    import tensorflow as tf

    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _changed(model: keras.Model, plan: Plan) -> Generator[None]:
    """The layers as the plan wants them, then as they were."""
    changes = list(plan.layers)
    if not plan.dropout:
        changes += [(layer, "rate", 0.0) for layer in leaf_layers(model) if hasattr(layer, "rate")]
    with ExitStack() as restored:
        for layer, attribute, value in changes:
            restored.callback(setattr, layer, attribute, getattr(layer, attribute))
            setattr(layer, attribute, value)
        yield
