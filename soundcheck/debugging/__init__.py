"""Why is this model bad? For any Keras model, in two lines.

    findings = preflight(model, x, y)                                                     # before
    monitor = TrainingMonitor(); model.fit(x, y, callbacks=[monitor]); monitor.findings   # during

`python -m soundcheck.debugging SCRIPT.py` runs an unchanged training script with both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundcheck.debugging.findings import Cause, Evidence, Finding, Severity, Where

if TYPE_CHECKING:
    from soundcheck.debugging.monitor import TrainingMonitor
    from soundcheck.debugging.preflight_checks import preflight
    from soundcheck.debugging.trials import try_fix

__all__ = [
    "Cause",
    "Evidence",
    "Finding",
    "Severity",
    "TrainingMonitor",
    "Where",
    "preflight",
    "try_fix",
]

_MODULES = {"TrainingMonitor": "monitor", "preflight": "preflight_checks", "try_fix": "trials"}


def __getattr__(name: str) -> Any:
    """Keras is imported with what needs it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
