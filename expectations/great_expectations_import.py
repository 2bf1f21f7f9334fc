"""The one place where Great Expectations is first imported, which takes about 4 s of CPU."""

from __future__ import annotations

import warnings
from types import ModuleType


def import_great_expectations() -> ModuleType:
    """Imports Great Expectations without the warnings that its import raises.

    Its file connector imports `sre_constants` and `sre_parse`, deprecated since Python 3.11.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="module 'sre_(constants|parse)' is deprecated", category=DeprecationWarning
        )
        import great_expectations

    return great_expectations
