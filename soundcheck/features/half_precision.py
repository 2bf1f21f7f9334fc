"""Half precision for storage, and back to single, at a fraction of what others' conversions take.

The bits of a half, moved to their places in a single, are the number times 2 ** -112, the difference of the
two exponents' biases. For subnormal halves that is a subnormal single, which TensorFlow's threads take for
zero. So there are none in storage: what is below 2 ** -14 is stored as zero. In a magnitude that is less
than the rounding of 16-bit samples makes of silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MANTISSA_BITS = 23 - 10  # how much longer a single's is
_WITHOUT_COPIES_OF_THE_SIGN = np.int32(-0x70000001)  # the sign is moved along, and stands in four places
_BIAS = np.float32(2.0 ** (127 - 15))
_NUMBERS_AT_ONCE = 2**16  # stay in a core's cache for all four steps


_EXPONENT = np.uint16(0x7C00)


def to_half(numbers: NDArray[np.float32]) -> NDArray[np.float16]:
    """Finite numbers in half precision: what is too large as its largest, what is below 2 ** -14 as zero."""
    largest = np.finfo(np.float16).max
    limited = np.clip(numbers.reshape(-1), -largest, largest)
    halves = pa.array(limited).cast(pa.float16()).to_numpy()  # numpy takes twice as long
    bits = halves.view(np.uint16)
    return (bits * ((bits & _EXPONENT) != 0)).view(np.float16).reshape(numbers.shape)


def to_single(numbers: NDArray[np.floating[Any]], out: NDArray[np.float32]) -> None:
    """Writes finite numbers of half precision as single precision; those of single precision as they are.

    Args:
        numbers: float16 as `to_half` makes it, or float32; C-contiguous.
        out: float32, of the same shape, C-contiguous.
    """
    if numbers.dtype != np.float16:
        np.copyto(out, numbers)
        return
    halves, singles = numbers.view(np.int16).reshape(-1), out.reshape(-1)
    for start in range(0, len(halves), _NUMBERS_AT_ONCE):
        single = singles[start : start + _NUMBERS_AT_ONCE]
        bits = single.view(np.int32)
        bits[...] = halves[start : start + _NUMBERS_AT_ONCE]
        bits <<= _MANTISSA_BITS
        bits &= _WITHOUT_COPIES_OF_THE_SIGN
        single *= _BIAS
