"""The libraries of a stage: whatever its code imports is in its recipe, or only carries data."""

import ast
import sys
from importlib.metadata import packages_distributions

import pytest

from soundcheck.config import Config
from soundcheck.fingerprint import PROJECT_PACKAGES, closure
from tasks.adopt import adopt
from tasks.audit import audit
from tasks.baseline import baseline
from tasks.caching import Stage
from tasks.error_analysis import error_analysis
from tasks.evaluate import evaluate
from tasks.evaluate_waveforms import evaluate_waveforms
from tasks.finer_features import finer_features
from tasks.fit import fit
from tasks.ingest import ingest
from tasks.leakage import leakage
from tasks.learning_curve import learning_curve
from tasks.recompute import recompute
from tasks.repeats import repeats
from tasks.retrain import retrain
from tasks.sensitivity import sensitivity
from tasks.signal import signal
from tasks.spectrograms import spectrograms
from tasks.standard_learners import standard_learners
from tasks.validate import validate
from tasks.validate_predictions import validate_predictions
from tasks.validate_spectrograms import validate_spectrograms

INPUTS = {"model": Config().model}
# What these hand on is what they were given, in any version.
CARRIERS = {"google-crc32c", "pandas", "prefect", "pyarrow", "pydantic", "threadpoolctl", "tqdm"}
CHECKS = (validate, validate_spectrograms, validate_predictions)
ANALYSES = (error_analysis, sensitivity)
DIAGNOSING = (
    adopt,
    evaluate_waveforms,
    recompute,
    standard_learners,
    finer_features,
    retrain,
    learning_curve,
    repeats,
)
STAGES = (
    *(ingest, spectrograms, signal, leakage, audit, baseline, fit, evaluate),
    *CHECKS,
    *ANALYSES,
    *DIAGNOSING,
)


def distributions_imported_by(stage: Stage) -> set[str]:
    modules = [stage.write.__module__, *stage.chosen(INPUTS)]
    nodes = (node for source in closure(modules).values() for node in ast.walk(ast.parse(source.read_text())))
    packages = {name.partition(".")[0] for node in nodes for name in imported(node)}
    distributions = packages_distributions()
    return {
        distributions[package][0].replace("_", "-")
        for package in packages - sys.stdlib_module_names - {*PROJECT_PACKAGES, "tasks"}
    }


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_library_that_may_decide_a_result_is_in_the_recipe(stage: Stage) -> None:
    assert distributions_imported_by(stage) - CARRIERS <= set(stage.libraries)
