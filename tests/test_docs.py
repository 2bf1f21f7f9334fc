"""The documentation names commands, options, fields and files that exist."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main
import yaml

from flows.cli import app
from soundcheck.config import PRESETS, Config, with_settings

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def commands(page, program):
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.split()[:1] == [program]]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_exist(page):
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    missing = [one for one in targets if "://" not in one and not (page.parent / one).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_is_empty(page):
    assert page.read_text().startswith("# ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_soundcheck_commands_are_understood(page):
    for words in commands(page, "soundcheck"):
        command, rest = typer.main.get_command(app), words[1:]
        while hasattr(command, "commands") and rest:
            name, *rest = rest
            command = command.commands[name]
        context = command.make_context(name, rest)
        settings = context.params.get("settings") or []
        assert isinstance(with_settings(PRESETS[context.params.get("preset") or "quick"](), settings), Config)


def test_the_readme_has_the_commands_that_people_start_with():
    assert [words[1] for words in commands(REPOSITORY / "README.md", "make")] == ["train", "test"]
    targets = re.findall(r"^(\w[\w-]*):", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE)
    assert {"train", "test"} <= set(targets)
    assert {words[1] for words in commands(REPOSITORY / "README.md", "soundcheck")} >= {"train", "data", "ui"}


def test_the_deployment_in_the_readme_is_that_of_prefect_yaml():
    deployments = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())["deployments"]
    pools = {words[3] for words in commands(REPOSITORY / "README.md", "prefect") if words[1] == "work-pool"}
    assert {one["work_pool"]["name"] for one in deployments} == pools
