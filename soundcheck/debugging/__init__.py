"""Why is this model bad? For any Keras model, in two lines.

    findings = preflight(model, x, y)                                                     # before
    monitor = TrainingMonitor(); model.fit(x, y, callbacks=[monitor]); monitor.findings   # during

`python -m soundcheck.debugging SCRIPT.py` runs an unchanged training script with both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where
    from soundcheck.debugging.fixing import try_fix
    from soundcheck.debugging.monitor import TrainingMonitor
    from soundcheck.debugging.preflight_checks import preflight
    from soundcheck.debugging.similarity import first_difference

__all__ = [
    "Cause",
    "Evidence",
    "Finding",
    "Severity",
    "TrainingMonitor",
    "Where",
    "first_difference",
    "preflight",
    "try_fix",
]

_MODULES = {
    "Cause": "findings",
    "Evidence": "findings",
    "Finding": "findings",
    "Severity": "findings",
    "TrainingMonitor": "monitor",
    "Where": "findings",
    "first_difference": "similarity",
    "preflight": "preflight_checks",
    "try_fix": "fixing",
}


def __getattr__(name: str) -> Any:
    """Keras is imported with what needs it, and no rule with what only records."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
