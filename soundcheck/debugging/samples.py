"""A sample of the data that a model is given, as NumPy arrays, whatever the data came as."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAX_BATCHES = 64
_SEED = 0
_MANY_VALUES = 64
_INDEPENDENT_COLUMNS = 3
_INDEPENDENT_SHARE = 0.25
_MAX_COLUMNS = 1024


@dataclass(frozen=True)
class Sample:
    """Rows of the data, in the order in which they were given.

    Attributes:
        x: what the model is called with: an array (rows, ...), or a tuple, list or dict of such.
        y: the targets in the same way; None where there are none.
        weights: (rows,) weights of the rows; None where there are none.
        rows: how many rows are here.
        total_rows: how many there are in all; None where the data do not say.
        batch_rows: how many rows came in each batch; () where the data were arrays, which `fit` divides.
    """

    x: Any
    y: Any
    weights: NDArray[Any] | None
    rows: int
    total_rows: int | None
    batch_rows: tuple[int, ...] = ()

    def take(self, places: NDArray[np.int64]) -> Sample:
        """Some of the rows."""
        pick = _over_arrays(lambda array: array[places])
        weights = None if self.weights is None else self.weights[places]
        return Sample(pick(self.x), pick(self.y), weights, len(places), self.total_rows)

    def spread(self, rows: int) -> Sample:
        """At most so many rows, evenly spread."""
        return self if self.rows <= rows else self.take(evenly_spread(self.rows, rows))


def evenly_spread(rows: int, wanted: int) -> NDArray[np.int64]:
    """`wanted` places out of `rows`, in order, one at random out of each stride; all where there are no more.

    At a fixed place of each stride the rows of a pattern, such as classes in turns, would be all alike.
    """
    count = min(rows, wanted)
    edges = np.arange(count + 1) * rows // count
    jitter = np.random.default_rng(_SEED).random(count)
    return edges[:-1] + (jitter * np.diff(edges)).astype(np.int64)


def arrays_of(structure: Any) -> list[NDArray[Any]]:
    """The arrays of a structure, in Keras's order."""
    import keras

    return [one for one in keras.tree.flatten(structure) if one is not None]


def is_array(data: Any) -> bool:
    """Whether `data` is an array, a tensor, a table, a list of numbers, or a structure of such."""
    leaves = arrays_of(data) if isinstance(data, list | tuple | dict) else [data]
    return all(isinstance(leaf, int | float | str) or hasattr(leaf, "__array__") for leaf in leaves)


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
    """Rows evenly spread over arrays.

    Raises:
        ValueError: where x has no rows, or x, y and weights have not equally many.
    """
    x, y = _plain(x), _plain(y)
    weights = None if weights is None else np.asarray(weights)
    counts = {len(array) for array in [*arrays_of(x), *arrays_of(y)] if array.ndim}
    if len(counts) != 1 or counts == {0}:
        raise ValueError(f"x and y must have equally many rows, at least one; they have {sorted(counts)}")
    (total,) = counts
    return Sample(x, y, weights, total, total).spread(max_rows)


def from_batches(batches: Iterable[Any], max_rows: int, total_rows: int | None = None) -> Sample | None:
    """The first rows of batches `x`, `(x, y)` or `(x, y, weights)`; None where there are none."""
    parts = [_unpacked(batch) for batch in _until(islice(iter(batches), _MAX_BATCHES), max_rows)]
    if not parts:
        return None
    xs, ys, weights = zip(*parts, strict=True)
    sizes = tuple(len(arrays_of(x)[0]) for x in xs)
    joined_weights = None if weights[0] is None else _joined(weights)
    return Sample(_joined(xs), _joined(ys), joined_weights, sum(sizes), total_rows, sizes)


def _until(batches: Iterator[Any], max_rows: int) -> Iterator[Any]:
    rows = 0
    for batch in batches:
        yield batch
        rows += len(arrays_of(_plain(batch))[0])
        if rows >= max_rows:
            return


def _unpacked(batch: Any) -> tuple[Any, Any, Any]:
    import keras

    x, y, weights = keras.utils.unpack_x_y_sample_weight(tuple(batch) if isinstance(batch, list) else batch)
    return _plain(x), _plain(y), None if weights is None else np.asarray(weights)


def _joined(parts: tuple[Any, ...]) -> Any:
    """One structure out of several of the same form; sequences of unlike lengths are padded with zeros."""
    import keras

    if parts[0] is None:
        return None
    return keras.tree.map_structure(lambda *arrays: np.concatenate(_same_shapes(arrays)), *parts)


def _same_shapes(arrays: tuple[NDArray[Any], ...]) -> list[NDArray[Any]]:
    shapes = np.array([array.shape[1:] for array in arrays])
    if not shapes.size or (shapes == shapes[0]).all():
        return list(arrays)
    longest = shapes.max(axis=0)
    return [
        np.pad(array, [(0, 0), *((0, int(more)) for more in longest - array.shape[1:])]) for array in arrays
    ]


def copied(batch: Any) -> Any:
    """The same as arrays of its own: x, (x, y) or (x, y, weights)."""
    import keras

    x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
    copy = _over_arrays(np.array)
    return keras.utils.pack_x_y_sample_weight(copy(_plain(x)), copy(_plain(y)), copy(_plain(weights)))


def _plain(data: Any) -> Any:
    """NumPy arrays in place of tensors, tables and lists of numbers."""
    import keras

    if data is None:
        return None
    if isinstance(data, list) and not any(hasattr(leaf, "__array__") for leaf in arrays_of(data)):
        return np.asarray(data)
    return keras.tree.map_structure(_array, data)


def _array(leaf: Any) -> Any:
    if hasattr(leaf, "to_tensor"):  # a ragged tensor
        leaf = leaf.to_tensor()
    return np.asarray(leaf)


def _over_arrays(function: Any) -> Any:
    import keras

    return lambda structure: None if structure is None else keras.tree.map_structure(function, structure)
