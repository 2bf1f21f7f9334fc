"""Architectures, one a file, with one contract.

Every architecture module has

    build(feature_shape: tuple[int, int], label_count: int, width: float = 1.0) -> keras.Model

which takes features `(batch, frames, bins)`, float32, to logits `(batch, label_count)` and contains one
`keras.layers.Normalization` called `normalization`, which fitting adapts on the training clips. Every layer
has a name of its own, since Keras numbers unnamed layers by how many the process has made before, and a
model's digest must not depend on that.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING

from soundcheck.errors import ConfigError

if TYPE_CHECKING:
    import keras


def builder(name: str) -> Callable[..., keras.Model]:
    """The `build` function of the architecture `soundcheck.models.<name>`.

    The module is imported by its name, so that the code behind one architecture does not contain the others.

    Raises:
        ConfigError: where there is no such architecture.
    """
    module_name = f"{__name__}.{name}"
    if not name.isidentifier() or importlib.util.find_spec(module_name) is None:
        raise ConfigError(f"model.name={name!r}: there is no architecture {module_name}")
    build = getattr(importlib.import_module(module_name), "build", None)
    if build is None:
        raise ConfigError(f"model.name={name!r}: {module_name} has no function `build`")
    return build
