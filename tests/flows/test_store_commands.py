"""`soundcheck store`: what is kept, where it comes from, and what may go."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flow_stages
import pandas as pd
import pytest

from flows.cli import main
from soundcheck.artifacts import Artifact, Recipe
from soundcheck.data.manifest import MANIFEST_FILE, write_manifest
from soundcheck.files import sha256_of
from soundcheck.store import INVENTORY, Draft, Store
from tasks.receipts import Receipt

SOUNDCHECK = Path(sys.executable).with_name("soundcheck")
STAGES = ["ingest", "spectrograms", "fit", "evaluate"]


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    output: str
    errors: str

    @property
    def result(self) -> dict[str, Any]:
        return json.loads(self.output)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"SOUNDCHECK_HOME": str(tmp_path / "home"), "COLUMNS": "160"}


@pytest.fixture
def look(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Finished]:
    """Runs `soundcheck store ARGUMENTS...` on the test's own home, in this process."""

    def run(*arguments: str) -> Finished:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["soundcheck", "store", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        return Finished(int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def prune(variables: dict[str, str]) -> Callable[..., Finished]:
    """Runs `soundcheck store prune ARGUMENTS...` on the test's own home."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    mine |= variables | {"MLFLOW_DISABLE_TELEMETRY": "true"}

    def run(*arguments: str) -> Finished:
        command = [SOUNDCHECK, "store", "prune", *arguments]
        done = subprocess.run(command, env=mine, capture_output=True, text=True, timeout=120, check=False)
        assert "Traceback" not in done.stderr
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home" / "store")


def keep(
    store: Store, stage: str, inputs: Mapping[str, Any], write: Callable[[Draft], None], note: str
) -> Artifact:
    def noted(draft: Draft) -> None:
        write(draft)
        draft.note = note

    versions = {"numpy": "1.26.4"}
    return store.make(Recipe(stage=stage, inputs=dict(inputs), code="c0de", versions=versions), noted)


def no_files(_draft: Draft) -> None:
    """A result may have no files."""


def clips_table() -> pd.DataFrame:
    labels = ["go"] * 3 + ["yes"] * 2
    return pd.DataFrame(
        {
            "clip_digest": [f"{number:064x}" for number in range(5)],
            "path": [f"{label}/{number}.wav" for number, label in enumerate(labels)],
            "label": labels,
            "split": ["train", "test", "", "train", "test"],
        }
    )


@pytest.fixture
def results(store: Store) -> dict[str, Artifact]:
    """A chain of results as a training leaves it, made by hand."""

    def write_clips(draft: Draft) -> None:
        write_manifest(clips_table(), draft.folder / MANIFEST_FILE)
        (draft.folder / "clips.txt").write_text("the clips")

    def write_shards(draft: Draft) -> None:
        (draft.folder / "index.json").write_text("{}")
        draft.parts = [store.parts.add(b"s" * 1000), store.parts.add(b"t" * 500)]

    def write(draft: Draft) -> None:
        (draft.folder / "file.bin").write_text(draft.recipe.stage)

    ingest = keep(
        store, "ingest", {"source.digest": "50" * 32}, write_clips, "5 clips, 1 set aside, from /clips"
    )
    clips = sha256_of(store.path(ingest) / "clips.txt")
    shards = keep(
        store, "spectrograms", {"clips.digest": clips, "bands": 40}, write_shards, "5 of 5 computed"
    )
    data = {"manifest.digest": ingest.digest, "shards.digest": shards.digest}
    fit = keep(store, "fit", {**data, "training.epochs": 3}, write, "epoch 2 of 3 [/] chosen")
    evaluate = keep(store, "evaluate", {**data, "fitted.digest": fit.digest}, write, "4 predictions")
    return {"ingest": ingest, "spectrograms": shards, "fit": fit, "evaluate": evaluate}


@pytest.fixture
def receipt(store: Store, results: dict[str, Artifact]) -> Receipt:
    """A run that shows the results, in a database that is gone."""
    receipt = Receipt(
        tracking_uri="sqlite:////nowhere/mlflow.db",
        experiment="kitchen",
        identity="i",
        run_id="run1",
        experiment_id="1",
        model_id="m",
        mlflow="3",
        results=tuple(one.path for one in results.values()),
    )
    receipt.save(store.root)
    return receipt


def key_of(artifact: Artifact) -> str:
    return artifact.path.rpartition("/")[2]


def test_an_empty_store_is_no_error_and_stays_away(
    look: Callable[..., Finished], prune: Callable[..., Finished], tmp_path: Path
) -> None:
    for done in (look(), prune(), prune("--dry-run")):
        assert (done.code, done.errors) == (0, "")
        assert "nothing" in done.output
    assert look("--json").result["results"] == prune("--json").result["removed"]["results"] == []
    assert look("show", "fit").code == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("receipt")
def test_the_list_says_what_is_kept(look: Callable[..., Finished], results: dict[str, Artifact]) -> None:
    done = look()
    assert done.code == 0
    rows = [line for line in done.output.splitlines() if line.strip().startswith(tuple(STAGES))]
    assert [row.split()[0] for row in rows] == STAGES
    for row, artifact in zip(rows, results.values(), strict=True):
        assert key_of(artifact)[:12] in row
        assert re.search(r"\d (kB|bytes) +\d+ s +\d+ s ", row)
    assert "epoch 2 of 3 [/] chosen" in done.output
    assert done.output.splitlines()[-1].startswith("4 results")
    assert "2 shards 1.5 kB; shown by 1 run of MLflow" in done.output.splitlines()[-1]


@pytest.mark.usefixtures("receipt")
def test_the_list_as_json(look: Callable[..., Finished], results: dict[str, Artifact]) -> None:
    listed = look("--json").result
    assert [one["stage"] for one in listed["results"]] == STAGES
    assert [one["key"] for one in listed["results"]] == [key_of(one) for one in results.values()]
    assert all(one["bytes"] > 0 and one["whole"] and one["created"] for one in listed["results"])
    assert (listed["shards"], listed["shards_bytes"], listed["runs"]) == (2, 1500, 1)
    assert listed["results_bytes"] == sum(one["bytes"] for one in listed["results"])


def test_the_newest_result_comes_first_in_its_stage(
    look: Callable[..., Finished], store: Store, results: dict[str, Artifact]
) -> None:
    other = keep(store, "fit", {}, no_files, "another")
    then = time.time() - 3 * 24 * 3600 - 60
    os.utime(store.path(other) / INVENTORY, (then, then))
    fits = [line for line in look().output.splitlines() if line.strip().startswith("fit")]
    assert all(key_of(one)[:12] in line for one, line in zip((other, results["fit"]), fits, strict=True))
    assert " 3 d " in fits[0]


@pytest.mark.usefixtures("receipt")
def test_a_result_is_shown_down_to_the_clips(
    look: Callable[..., Finished], results: dict[str, Artifact]
) -> None:
    done = look("show", "evaluate")
    assert done.code == 0
    for told in [
        "4 predictions",
        "numpy 1.26.4",
        "c0de",
        "file.bin",
        "run1 in kitchen",
        key_of(results["fit"])[:12],
    ]:
        assert told in done.output
    tree = done.output.partition("comes from")[2]
    assert "manifest: ingest" in tree
    assert "from /clips" in tree
    assert "clips: ingest" in tree
    assert "5 clips, 1 set aside: go 2, yes 2" in tree
    assert f"go/0.wav {0:012x}" in tree
    assert "and 2 more" in tree
    assert tree.count("fitted: fit") == 1
    assert tree.count("go/0.wav") == 1  # each result's inputs once


def test_a_result_as_json_holds_every_clip(
    look: Callable[..., Finished], results: dict[str, Artifact], receipt: Receipt
) -> None:
    shown = look("show", key_of(results["fit"])[:12], "--json").result
    assert (shown["stage"], shown["key"]) == ("fit", key_of(results["fit"]))
    assert shown["settings"] == {"training.epochs": 3}
    assert shown["runs"][0]["run_id"] == receipt.run_id
    inputs = {one["name"]: one for one in shown["inputs"]}
    assert {name: one["path"] for name, one in inputs.items()} == {
        "manifest": results["ingest"].path,
        "shards": results["spectrograms"].path,
    }
    [clips_of_shards] = inputs["shards"]["inputs"]
    assert clips_of_shards["path"] == results["ingest"].path
    [clips] = shown["clips"].values()
    assert [one["path"] for one in clips["listed"]] == clips_table()["path"].tolist()
    assert [one["digest"] for one in clips["listed"]] == clips_table()["clip_digest"].tolist()
    assert (clips["count"], clips["labels"]) == (5, {"go": 2, "yes": 2})


def test_an_input_that_was_removed_is_said_to_be_gone(
    look: Callable[..., Finished], store: Store, results: dict[str, Artifact]
) -> None:
    shutil.rmtree(store.path(results["spectrograms"]))
    (store.path(results["ingest"]) / MANIFEST_FILE).write_bytes(b"not what it was")
    done = look("show", "fit")
    assert f"shards {results['spectrograms'].digest[:12]}: gone from the store" in done.output
    assert "their list is damaged" in done.output
    assert look("show", "fit", "--json").result["clips"] == {results["ingest"].path: None}


def test_only_a_key_that_fits_one_result_is_taken(
    look: Callable[..., Finished], store: Store, results: dict[str, Artifact]
) -> None:
    other = keep(store, "fit", {}, no_files, "another")
    for name in (f"fit/{key_of(other)[:4]}", key_of(other), other.path):
        assert look("show", name, "--json").result["key"] == key_of(other)
    several, none = look("show", "fit"), look("show", "nonsense")
    assert (several.code, none.code) == (1, 1)
    assert several.errors.startswith("soundcheck: 2 results")
    for one in (other, results["fit"]):
        assert f"fit/{key_of(one)[:12]}" in several.errors
    assert "begins with 'nonsense'" in none.errors
    assert len(none.errors.splitlines()) == 1


def test_a_damaged_result_is_listed_and_not_shown(
    look: Callable[..., Finished], store: Store, results: dict[str, Artifact]
) -> None:
    (store.path(results["fit"]) / INVENTORY).write_text("{")
    assert "damaged" in look().output
    done = look("show", "fit")
    assert done.code == 1
    assert "is damaged" in done.errors


@pytest.mark.slow
def test_a_pruning_says_what_goes_and_what_stays(
    prune: Callable[..., Finished], store: Store, receipt: Receipt
) -> None:
    other = keep(store, "fit", {}, no_files, "another")
    store.parts.add(b"p" * 2000)
    time.sleep(0.02)
    told = prune("--dry-run")
    assert told.output.startswith("would remove 1 result (1 fit), 1 shard, 0 leftover files: 2.")
    assert f"kept all runs of {receipt.tracking_uri}, which cannot be asked: FileNotFoundError" in told.output
    assert store.path(other).exists()
    pruned = prune("--keep-runs", "0", "--json").result
    assert pruned["removed"]["results"] == [other.path]
    assert (pruned["removed"]["parts"], pruned["kept_runs"]) == (1, 1)
    assert not store.path(other).exists()
    assert prune().output.startswith("removed nothing\n")


def test_a_negative_number_of_runs_is_refused(prune: Callable[..., Finished]) -> None:
    assert prune("--keep-runs", "-1").code == 2


@pytest.mark.usefixtures("results")
def test_looking_imports_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from flows.cli import app\n"
        "heavy = {'tensorflow', 'great_expectations', 'mlflow', 'prefect'}\n"
        "assert CliRunner().invoke(app, ['store']).exit_code == 0\n"
        "assert not (heavy | {'pandas'}) & set(sys.modules), set(sys.modules) & heavy\n"
        "assert CliRunner().invoke(app, ['store', 'show', 'fit']).exit_code == 0\n"
        "assert not heavy & set(sys.modules)\n"
    )
    home = {"SOUNDCHECK_HOME": str(tmp_path / "home")}
    subprocess.run([sys.executable, "-c", script], env=os.environ | home, check=True, timeout=60)


@pytest.mark.slow
def test_prunings_take_nothing_from_a_training_that_runs(
    environment: dict[str, str], speech_folder: Path, prune: Callable[..., Finished], store: Store
) -> None:
    old = keep(store, "fit", {}, no_files, "of old")
    time.sleep(0.02)
    arguments = ["train", "--data", str(speech_folder), *flow_stages.as_options(*flow_stages.FRUGAL)]
    training = subprocess.Popen(
        [SOUNDCHECK, *arguments, "--json"],
        env=environment | {"SOUNDCHECK_HOME": str(store.root.parent)},
        cwd=store.root.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    prunings = 0
    while training.poll() is None:
        # Once it has ended, only its receipt speaks for it: the last pruning has to keep one run.
        nearly_done = (store.root / "results" / "evaluate").exists()
        assert prune("--keep-runs", "1" if nearly_done else "0").code == 0
        prunings += 1
    output, errors = training.communicate(timeout=30)
    assert training.returncode == 0, errors
    assert prunings > 2
    assert not store.path(old).exists()
    stages = json.loads(output)["stages"]
    made = [name for name, one in stages.items() if name != "register" and one["outcome"] == "rebuilt"]
    assert made == list(flow_stages.STAGES)
    assert {one.recipe.stage for one in store.inventories() if store.find(one.recipe)} == set(made)
