"""The verdict on a model, from what the stages left in the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tasks.results import Results

if TYPE_CHECKING:
    from soundcheck.artifacts import StageName
    from soundcheck.evaluation.output_order import OutputOrder
    from soundcheck.evaluation.verdict import Verdict

VERDICT, NEXT_STEP = "soundcheck.verdict", "soundcheck.next_step"  # tags of a run

_MEASURED: Mapping[str, tuple[StageName, Callable[[Results], Any]]] = {
    "findings": ("debug", Results.read_findings),
    "sensitivity": ("sensitivity", Results.read_sensitivity),
    "slices": ("error_analysis", lambda results: results.read_error_analysis().slices),
    "features_differ": ("recompute", Results.read_feature_difference),
    "learners": ("standard_learners", Results.read_standard_learners),
    "feature_trial": ("finer_features", Results.read_feature_trial),
    "learning_curve": ("learning_curve", Results.read_learning_curve),
    "repeats": ("repeats", Results.read_repeats),
}
"""By the field of the evidence, the stage that measures it, which need not have run, and its reader."""


def verdict_on(results: Results) -> Verdict:
    """What holds the model back, by all that was measured of it.

    Args:
        results: Of the stages up to `evaluate`, and of any after it.
    """
    from soundcheck.evaluation.verdict import verdict_of
    from soundcheck.evaluation.verdict_evidence import Evidence

    irreducible = results.read_irreducible_error()
    measured = {name: read(results) for name, (stage, read) in _MEASURED.items() if stage in results.stages}
    evidence = Evidence(
        report=results.read_report(),
        train_clips=irreducible["train"]["clips"],
        irreducible=irreducible,
        signal=results.read_signal(),
        leakage=results.read_leakage(),
        baselines=results.read_baselines(),
        output_order=_output_order(results),
        **measured,
    )
    return verdict_of(evidence)


def _output_order(results: Results) -> OutputOrder | None:
    """Of a model that was trained elsewhere; of a run's own, the order is known."""
    if results.stages["fit"].kind != "adopt":
        return None
    from soundcheck.data.manifest import TEST, VALIDATION
    from soundcheck.evaluation.answers import answers_of
    from soundcheck.evaluation.output_order import find_output_order
    from tasks.adopt import outputs_of

    table = results.read_predictions()
    validation, test = (answers_of(table.loc[table["split"] == split]) for split in (VALIDATION, TEST))
    ordinary_accuracy = max(one.test_accuracy for one in results.read_baselines().baselines)
    return find_output_order(
        validation, test, outputs_of(results.store, results.stages["fit"]), ordinary_accuracy
    )
