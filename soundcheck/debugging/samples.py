"""A sample of the data that a model is given, as NumPy arrays, whatever the data came as."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_BATCHES = 64
"""Batches that a sample is made of: more would make it wait for small ones, of which each has its cost."""

_SEED = 0
_MANY_VALUES = 64
_INDEPENDENT_COLUMNS = 3
_INDEPENDENT_SHARE = 0.25
_MAX_COLUMNS = 1024
_MAX_DENSE_VALUES = 2**26
"""Values that sparse rows may become: 256 MB in float32. Counts of words have many thousand columns."""


@dataclass(frozen=True)
class Sample:
    """Rows of the data, in the order in which they were given.

    Attributes:
        x: what the model is called with: an array (rows, ...), or a tuple, list or dict of such; None in the
            place of an optional input that is not given.
        y: the targets in the same way; None where there are none.
        weights: (rows,) weights of the rows, or such for each output; None where there are none.
        rows: how many rows are here.
        total_rows: how many there are in all; None where the data do not say.
        batch_rows: how many rows came in each batch, though fewer of them may be here where they were spread;
            () where the data were arrays, which `fit` divides, and for rows that were taken at will.
    """

    x: Any
    y: Any
    weights: Any
    rows: int
    total_rows: int | None
    batch_rows: tuple[int, ...] = ()

    def take(self, places: NDArray[np.int64]) -> Sample:
        """Some of the rows."""
        x, y, weights = over_arrays(lambda array: array[places], (self.x, self.y, self.weights))
        return Sample(x, y, weights, len(places), self.total_rows)

    def spread(self, rows: int) -> Sample:
        """At most so many rows, evenly spread."""
        if self.rows <= rows:
            return self
        return replace(self.take(evenly_spread(self.rows, rows)), batch_rows=self.batch_rows)

    def ends_of_batches(self) -> NDArray[np.int64]:
        """(batches - 1,) the places at which the next batch begins, also where the rows were spread, once."""
        places = evenly_spread(sum(self.batch_rows), self.rows)
        return np.searchsorted(places, np.cumsum(self.batch_rows)[:-1])


def evenly_spread(rows: int, wanted: int) -> NDArray[np.int64]:
    """`wanted` places out of `rows`, in order, one at random out of each stride; all where there are no more.

    At a fixed place of each stride the rows of a pattern, such as classes in turns, would be all alike.
    """
    count = min(rows, wanted)
    edges = np.arange(count + 1) * rows // max(count, 1)
    jitter = np.random.default_rng(_SEED).random(count)
    return edges[:-1] + (jitter * np.diff(edges)).astype(np.int64)


def arrays_of(structure: Any) -> list[NDArray[Any]]:
    """The arrays of a structure, in Keras's order."""
    import keras

    return [one for one in keras.tree.flatten(structure) if one is not None]


def over_arrays(function: Callable[[Any], Any], structure: Any) -> Any:
    """The structure with `function` of each array; None and numbers, which have no rows, stay as they are."""
    import keras

    return keras.tree.map_structure(lambda leaf: function(leaf) if _has_rows(leaf) else leaf, structure)


def rows_in(structure: Any) -> int:
    """Rows of the first array of a structure, of whatever kind; 0 where there is none."""
    return next((int(leaf.shape[0]) for leaf in arrays_of(structure) if _has_rows(leaf)), 0)


def is_array(data: Any) -> bool:
    """Whether `data` is an array, a tensor (a sparse one, too), a table, a list of numbers, or several."""
    leaves = arrays_of(data) if isinstance(data, list | tuple | dict) else [data]
    return all(_is_number(leaf) or hasattr(leaf, "__array__") or _is_packed(leaf) for leaf in leaves)


def row_digests(x: Any) -> NDArray[np.uint64]:
    """(rows,) a digest of each row over all inputs, in float32 where they are numbers, as Keras sees them."""
    numbers = [array.astype(np.float32 if array.dtype.kind in "fiub" else np.str_) for array in arrays_of(x)]
    flat = [np.ascontiguousarray(array).reshape(len(array), -1) for array in numbers]
    rows = (b"".join(part[row].tobytes() for part in flat) for row in range(len(flat[0])))
    digests = [hashlib.blake2b(row, digest_size=8).digest() for row in rows]
    return np.frombuffer(b"".join(digests), np.uint64)


def repeats_by_chance(arrays: list[NDArray[Any]]) -> bool:
    """Whether two rows may be the same by chance.

    Three columns with 64 values each agree by chance in one of 64 ** 3 pairs of rows. Of coarser columns (the
    pixels of small pictures) the logarithms of the chances of an agreement are added up; as columns depend
    on one another, a quarter of that has to make one pair among all unlikely.
    """
    columns = [column for array in arrays for column in array.reshape(len(array), -1)[:, :_MAX_COLUMNS].T]
    counts = [np.unique(column, return_counts=True)[1] for column in columns]
    rows = len(np.unique(row_digests(arrays)))
    if sum(len(each) >= min(_MANY_VALUES, rows / 2) for each in counts) >= _INDEPENDENT_COLUMNS:
        return False
    bits = -sum(math.log2(float(np.square(each / each.sum()).sum())) for each in counts)
    return bits * _INDEPENDENT_SHARE < 2 * math.log2(rows)


def from_arrays(x: Any, y: Any, weights: Any, max_rows: int) -> Sample:
    """Rows evenly spread over arrays; fewer than `max_rows` where they are sparse and very wide.

    Raises:
        ValueError: where x has no rows, or x, y and weights have not equally many.
    """
    parts = tuple(_without_lists(part) for part in (x, y, weights))
    counts = {rows_in(leaf) for leaf in arrays_of(parts) if _has_rows(leaf)}
    if len(counts) != 1 or counts == {0}:
        raise ValueError(f"x and y must have equally many rows, at least one; they have {sorted(counts)}")
    (total,) = counts
    rows = min(total, max_rows, _affordable_rows(parts))
    places = slice(None) if rows == total else evenly_spread(total, rows)
    x, y, weights = over_arrays(lambda leaf: _rows_at(leaf, places), parts)
    return Sample(x, y, weights, rows, total)


def from_batches(batches: Iterable[Any], max_rows: int, total_rows: int | None = None) -> Sample | None:
    """The first rows of batches `x`, `(x, y)` or `(x, y, weights)`; None where there are none."""
    return joined(_until(islice(iter(batches), MOST_BATCHES), max_rows), total_rows)


def joined(batches: Iterable[Any], total_rows: int | None = None) -> Sample | None:
    """All rows of batches `x`, `(x, y)` or `(x, y, weights)`; None where there are none.

    Args:
        batches: all of one structure.
        total_rows: how many rows the data have in all; None where they do not say.
    """
    parts = _affordable([_unpacked(batch) for batch in batches])
    sizes = tuple(rows_in(part) for part in parts)
    if not sum(sizes):
        return None
    dense = [over_arrays(_dense, part) for part in parts]
    x, y, weights = (_joined(each) for each in zip(*dense, strict=True))
    return Sample(x, y, weights, sum(sizes), total_rows, sizes)


def copied(batch: Any) -> Any:
    """The same as arrays of its own: x, (x, y) or (x, y, weights)."""
    import keras

    return keras.utils.pack_x_y_sample_weight(
        *over_arrays(lambda leaf: np.array(_dense(leaf)), _unpacked(batch))
    )


def _until(batches: Iterator[Any], max_rows: int) -> Iterator[Any]:
    rows = 0
    for batch in batches:
        yield batch
        rows += rows_in(_unpacked(batch))
        if rows >= max_rows:
            return


def _unpacked(batch: Any) -> tuple[Any, Any, Any]:
    import keras

    x, y, weights = keras.utils.unpack_x_y_sample_weight(tuple(batch) if isinstance(batch, list) else batch)
    return _without_lists(x), _without_lists(y), _without_lists(weights)


def _affordable(parts: list[tuple[Any, Any, Any]]) -> list[tuple[Any, Any, Any]]:
    """Batches evenly spread over all; fewer where they are sparse and very wide."""
    rows = sum(rows_in(part) for part in parts)
    share = min(_affordable_rows(parts[0]) / rows, 1.0) if rows else 1.0
    return [parts[place] for place in evenly_spread(len(parts), max(int(share * len(parts)), 1))]


def _affordable_rows(structure: Any) -> int:
    width = sum(math.prod(leaf.shape[1:]) for leaf in arrays_of(structure) if _is_sparse(leaf))
    return max(_MAX_DENSE_VALUES // max(width, 1), 1)


def _joined(parts: tuple[Any, ...]) -> Any:
    """One structure out of several of the same form; sequences of unlike lengths are padded with zeros."""
    import keras

    return keras.tree.map_structure(
        lambda *leaves: np.concatenate(_same_shapes(leaves)) if _has_rows(leaves[0]) else leaves[0], *parts
    )


def _same_shapes(arrays: tuple[NDArray[Any], ...]) -> list[NDArray[Any]]:
    shapes = np.array([array.shape[1:] for array in arrays])
    if not shapes.size or (shapes == shapes[0]).all():
        return list(arrays)
    longest = shapes.max(axis=0)
    return [
        np.pad(array, [(0, 0), *((0, int(more)) for more in longest - array.shape[1:])]) for array in arrays
    ]


def _without_lists(data: Any) -> Any:
    """An array in place of a list of numbers, and of what only turns into one."""
    import keras

    if isinstance(data, list) and all(_is_number(leaf) for leaf in arrays_of(data)):
        return np.asarray(data)
    return keras.tree.map_structure(
        lambda leaf: leaf if leaf is None or hasattr(leaf, "shape") else np.asarray(leaf), data
    )


def _dense(leaf: Any) -> NDArray[Any]:
    return _rows_at(leaf, slice(None))


def _rows_at(leaf: Any, places: NDArray[np.int64] | slice) -> NDArray[Any]:
    """Rows of an array of whatever kind, dense; only they are made so.

    Args:
        leaf: has rows.
        places: of the rows, each once and in order.
    """
    if hasattr(leaf, "tocsr"):  # of SciPy
        return leaf.tocsr()[places].toarray()
    if _is_packed(leaf):
        return _unpacked_rows(leaf, np.arange(int(leaf.shape[0]))[places])
    return np.asarray(leaf)[places]


def _unpacked_rows(tensor: Any, places: NDArray[np.int64]) -> NDArray[Any]:
    """Rows of a sparse or a ragged tensor."""
    import tensorflow as tf

    if hasattr(tensor, "to_tensor"):
        return tf.gather(tensor, places).to_tensor().numpy()
    indices = tensor.indices.numpy()
    here = np.isin(indices[:, 0], places)
    moved = np.c_[np.searchsorted(places, indices[here, 0]), indices[here, 1:]]
    some = tf.SparseTensor(moved, tf.boolean_mask(tensor.values, here), (len(places), *tensor.shape[1:]))
    dense: Any = tf.sparse.to_dense(some, validate_indices=False)
    return dense.numpy()


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, int | float | str | bytes | np.generic)


def _is_packed(leaf: Any) -> bool:
    """Whether it is a sparse or a ragged array, which NumPy does not take for one."""
    return _is_sparse(leaf) or hasattr(leaf, "to_tensor")


def _is_sparse(leaf: Any) -> bool:
    return hasattr(leaf, "tocsr") or hasattr(leaf, "dense_shape")


def _has_rows(leaf: Any) -> bool:
    return len(getattr(leaf, "shape", ())) > 0
