"""What holds of all stages, by looking at their code."""

import ast
from pathlib import Path

import pytest

import tasks
from soundcheck.artifacts import StageName
from soundcheck.fingerprint import closure

STAGES = StageName.__args__


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reads_its_inputs_through_the_library(stage):
    """Fingerprints do not follow imports between tasks, so a stage's result must not depend on any."""
    tree = ast.parse((Path(tasks.__file__).parent / f"{stage}.py").read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert {name for name in modules if name.startswith("tasks")} == {"tasks.caching"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_configuration_counts_by_its_values_and_not_by_its_code(stage):
    assert "soundcheck.config" not in closure([f"tasks.{stage}"])
