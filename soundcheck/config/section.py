"""What every section of the configuration is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

MAX_SEED = 2**32 - 1  # NumPy, Keras and scikit-learn take no larger one


class Section(BaseModel):
    """A group of settings: frozen, finite, with every unknown key rejected."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _listed(value: object) -> object:
    """`yes, no` as `--set` gives it: the names between the commas."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
