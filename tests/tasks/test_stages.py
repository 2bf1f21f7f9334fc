"""What holds of all stages, by looking at their code."""

import ast
from pathlib import Path
from typing import get_args

import pytest

import tasks
from soundcheck.artifacts import StageName
from soundcheck.fingerprint import closure

STAGES = get_args(StageName)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reads_its_inputs_through_the_library(stage):
    """Fingerprints do not follow imports between tasks, so a stage's result must not depend on any."""
    tree = ast.parse((Path(tasks.__file__).parent / f"{stage}.py").read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert {name for name in modules if name.startswith("tasks")} == {"tasks.caching"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_configuration_counts_by_its_values_and_not_by_its_code(stage):
    assert "soundcheck.config" not in closure([f"tasks.{stage}"])


def test_a_new_rule_retrains_nothing():
    assert "soundcheck.debugging.record" in closure(["tasks.fit"])
    assert not any(name.startswith("soundcheck.debugging.rules") for name in closure(["tasks.fit"]))
    assert "soundcheck.debugging.rules.data" in closure(["tasks.debug"])


def test_the_code_that_reads_noise_decides_what_was_heard():
    assert "soundcheck.data.noise" in closure(["tasks.sensitivity"])
