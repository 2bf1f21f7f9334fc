"""Looking at data unnoticed: copies of datasets, and generators that get their batches back."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from soundcheck.debugging.random_state import (
    ProcessRandomState,
    preserved_generators,
    preserved_random_state,
    script_random_state,
)

if TYPE_CHECKING:
    import tensorflow as tf
    from tensorflow.core.framework.graph_pb2 import GraphDef
    from tensorflow.core.framework.node_def_pb2 import NodeDef

_STORES = ("CacheDataset", "CacheDatasetV2", "SnapshotDataset", "SnapshotDatasetV2")
"""They keep what passes through; a partial read would spoil what they keep."""

_PYTHON = ("PyFunc", "PyFuncStateless", "EagerPyFunc")

_SHUFFLE_SEED = 1_618_033_988


def peek(source: Any, batches: int) -> tuple[list[Any], Any]:
    """The first batches of what Python code makes, and what yields them all, these included.

    Args:
        source: a generator or iterator; a `Replay`; or what is indexed by batch, as `keras.utils.PyDataset`.
        batches: how many at most; a `Replay` may have its own bound.

    Returns:
        The batches, and what to use from now on in place of `source`: a new generator for a generator or
        iterator, `source` itself for the others.

    Raises:
        TypeError: `source` is of another kind.
    """
    if isinstance(source, Replay):
        return source.peek(batches), source
    if isinstance(source, Iterator):
        replay = Replay(source)
        return replay.peek(batches), replay.generator()
    if hasattr(source, "__getitem__"):
        return _items(source, batches), source
    raise TypeError(f"source={source!r} is no generator and cannot be indexed; pass arrays or a dataset")


class Replay:
    """A generator that can be read ahead.

    What was read ahead is yielded again, and with each batch the random states move as they moved when it was
    made: whoever draws from them in between finds what he would have found.

    Args:
        source: the generator; nobody else may take from it.
        most: batches that may be read ahead; those that will be used in any case.
    """

    def __init__(self, source: Iterator[Any], most: int | None = None) -> None:
        self._source = source
        self._most = most
        self._ahead: deque[tuple[ProcessRandomState, Any, ProcessRandomState]] = deque()

    def peek(self, batches: int) -> list[Any]:
        """The next batches, at most so many; they stay."""
        wanted = batches if self._most is None else min(batches, self._most)
        if len(self._ahead) < wanted:
            with script_random_state():
                self._read(wanted - len(self._ahead))
        return [batch for _, batch, _ in islice(self._ahead, wanted)]

    def _read(self, batches: int) -> None:
        """Reads on from where the random states were after the last batch, and puts them back."""
        start = ProcessRandomState.now()
        if self._ahead:
            self._ahead[-1][2].restore()
        before = ProcessRandomState.now()
        for batch in islice(self._source, batches):
            after = ProcessRandomState.now()
            self._ahead.append((before, batch, after))
            before = after
        start.restore()

    def generator(self) -> Generator[Any, None, None]:
        """Yields all batches; a true generator, which Keras asks for."""
        while self._ahead:
            before, batch, after = self._ahead.popleft()
            before.repeat(after)
            yield batch
        yield from self._source


def _items(source: Any, batches: int) -> list[Any]:
    """Read from a shallow twin, so that counters and the like stay; `on_epoch_end` is not called."""
    twin = object.__new__(type(source))
    twin.__dict__.update(vars(source))
    count = source.num_batches if hasattr(source, "num_batches") else len(source)
    wanted = batches if count is None else min(batches, int(count))  # a PyDataset with None has no end
    with preserved_random_state(), preserved_generators():
        return [twin[place] for place in range(wanted)]


class DatasetCopy:
    """What `copy_of` returns: iterates as the dataset would, and leaves it alone."""

    def __init__(self, original: tf.data.Dataset[Any], copy: Any, *, runs_python: bool) -> None:
        self.element_spec = original.element_spec
        self._original = original  # its functions are the copy's, too
        self._copy = copy
        self._runs_python = runs_python

    def __iter__(self) -> Iterator[Any]:
        if not self._runs_python:
            return iter(self._copy)
        return self._guarded()

    def _guarded(self) -> Iterator[Any]:
        with preserved_random_state(), preserved_generators():
            yield from self._copy


def copy_of(dataset: Any) -> DatasetCopy | None:
    """An independent copy of a dataset: to iterate it does not change what the original yields later.

    Its shuffles have generators of their own (with the original's seeds: the first epoch of both is the
    same), its captured variables are copies, and it neither reads nor writes caches and snapshots. Python
    functions within it are called anew, with the random states put back when the iteration ends; what else
    they share with the original, such as an open file, moves on.

    Returns:
        None where the dataset cannot be written as a graph: it is distributed, holds a resource that cannot
        be copied, or more than the 2 GB that a graph may have.
    """
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    if not isinstance(dataset, tf.data.Dataset):
        return None
    try:
        graph = _graph_of(dataset)
        runs_python = _runs_python(graph)
        copy = _dataset_from(graph, dataset.element_spec)
    except (tf.errors.OpError, DecodeError, NotImplementedError, TypeError, ValueError):
        return None
    return DatasetCopy(dataset, copy, runs_python=runs_python)


def _graph_of(dataset: Any) -> GraphDef:
    import tensorflow as tf
    from tensorflow.core.framework.graph_pb2 import GraphDef

    ignore_state = 1
    written = tf.raw_ops.DatasetToGraphV2(
        input_dataset=dataset._variant_tensor, external_state_policy=ignore_state
    )
    return GraphDef.FromString(written.numpy())


def _runs_python(graph: GraphDef) -> bool:
    bodies = [graph.node, *(function.node_def for function in graph.library.function)]
    return any(node.op in _PYTHON for body in bodies for node in body)


def _dataset_from(graph: GraphDef, element_spec: Any) -> Any:
    """Runs the graph with fresh resources; its functions are those of the process, under the same names."""
    import tensorflow as tf
    from tensorflow.python.data.ops import dataset_ops

    _seed_shuffles(graph)
    output = _pass_by_stores(graph)
    _renew_generators(graph)
    variables = _take_out_variables(graph)
    graph.library.Clear()

    def imported() -> Any:
        capture = tf.compat.v1.get_default_graph().capture
        captured = {name: capture(variable.handle) for name, variable in variables.items()}
        return tf.graph_util.import_graph_def(
            graph, input_map=captured, return_elements=[f"{output}:0"], name=""
        )

    (variant,) = tf.compat.v1.wrap_function(imported, [])()
    return dataset_ops._VariantDataset(variant, element_spec)  # pyright: ignore[reportPrivateUsage]


def _seed_shuffles(graph: GraphDef) -> None:
    """A shuffle without a seed gets ours, so that the same rows are looked at each time."""
    import tensorflow as tf

    nodes = {node.name: node for node in graph.node}
    for node in graph.node:
        if node.op in ("ShuffleDatasetV3", "ShuffleAndRepeatDatasetV2"):
            seeds = [nodes[name].attr["value"].tensor for name in node.input[2:4]]
            if not any(tf.make_ndarray(seed) for seed in seeds):
                seeds[1].CopyFrom(tf.make_tensor_proto(_SHUFFLE_SEED, tf.int64))


def _pass_by_stores(graph: GraphDef) -> str:
    """Reads past caches and snapshots, and returns the name of the node that is the dataset."""
    stores = {node.name: node for node in graph.node if node.op in _STORES}
    (result,) = [node for node in graph.node if node.op == "_Retval"]
    for node in graph.node:
        if node.name not in stores:
            node.input[:] = [_behind(name, stores) for name in node.input]
    output = result.input[0]
    settings = {name for store in stores.values() for name in store.input[1:]}
    _remove(graph, {result.name, *stores, *settings})
    return output


def _behind(name: str, stores: dict[str, NodeDef]) -> str:
    while name in stores:
        name = stores[name].input[0]
    return name


def _renew_generators(graph: GraphDef) -> None:
    """A dummy in place of the handle of a shared generator: the dataset then makes one of its own."""
    import tensorflow as tf

    for node in graph.node:
        if node.op == "Const" and node.attr["dtype"].type == tf.resource.as_datatype_enum:
            name = node.attr["value"].tensor.resource_handle_val[0].name
            if "SeedGenerator" not in name:
                raise NotImplementedError(f"resource {name} cannot be copied")
            node.op = "DummySeedGenerator"
            node.attr.clear()


def _take_out_variables(graph: GraphDef) -> dict[str, Any]:
    """Copies of the captured variables, by the output that stood for each.

    TensorFlow writes one as VarHandleOp, AssignVariableOp(handle, value) and Identity(handle), all under one
    name that they would share.
    """
    import tensorflow as tf

    nodes = {node.name: node for node in graph.node}
    assigned = {node.input[0]: nodes[node.input[1]] for node in graph.node if node.op == "AssignVariableOp"}
    copies = {
        handle: tf.Variable(tf.make_ndarray(constant.attr["value"].tensor), trainable=False)
        for handle, constant in assigned.items()
    }
    outputs = {
        f"{node.name}:0": copies[node.input[0]]
        for node in graph.node
        if node.op == "Identity" and node.input[0] in copies
    }
    handles = {node.name for node in graph.node if node.op in ("VarHandleOp", "AssignVariableOp")}
    _remove(graph, handles | {name.removesuffix(":0") for name in outputs})
    return outputs


def _remove(graph: GraphDef, names: set[str]) -> None:
    kept = [node for node in graph.node if node.name not in names]
    del graph.node[:]
    graph.node.extend(kept)
