"""The cache, on the real flow: what is rebuilt after each kind of change, and what is not.

Every case begins with a copy of one finished training, changes one thing, and trains again.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations, cycle, islice
from pathlib import Path
from typing import Any

import pytest
from flow_stages import FRUGAL, STAGES
from mlflow import MlflowClient
from mlflow.entities import Run

from flows.train import train
from soundcheck.config import Config, quick, with_settings
from tasks.receipts import all_receipts

pytestmark = pytest.mark.slow

EVERY = set(STAGES)
DATA_CHANGED = EVERY
LABELS_CHANGED = EVERY - {"spectrograms"}
ANALYSES = {"error_analysis", "sensitivity"}
MODEL_CHANGED = {"preflight", "fit", "debug", "evaluate", "validate_predictions", *ANALYSES}
FEATURES_CHANGED = EVERY - {"ingest", "validate"}
TEN = 10


@dataclass
class Workplace:
    """A home with a finished training, the clips that it was trained on, and how to train again."""

    home: Path
    clips: Path
    settings: list[str] = field(default_factory=list)
    refresh: tuple[str, ...] = ()

    def train(self) -> Any:
        config: Config = with_settings(quick(), [f"data.source={self.clips}", *FRUGAL, *self.settings])
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SOUNDCHECK_HOME", str(self.home))
            return train(config, refresh=self.refresh)

    def result_of(self, stage: str) -> Path:
        """The folder of a stage's one result."""
        [folder] = (self.home / "store" / "results" / stage).iterdir()
        return folder

    def runs(self) -> list[Run]:
        return list(MlflowClient(f"sqlite:///{self.home}/mlflow.db").search_runs(["1"]))

    def some_clips(self, count: int) -> list[Path]:
        return sorted(self.clips.glob("*/*.wav"))[:: 200 // count][:count]


def rebuilt(result: Any) -> set[str]:
    return {name for name, one in result.stages.items() if one.outcome == "rebuilt"} & EVERY


@pytest.fixture(scope="module")
def finished(
    prefect_server: str,  # noqa: ARG001
    speech_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Workplace:
    folder = tmp_path_factory.mktemp("finished")
    workplace = Workplace(folder / "home", shutil.copytree(speech_folder, folder / "clips"))
    result = workplace.train()
    assert rebuilt(result) == EVERY
    return workplace


@pytest.fixture
def workplace(finished: Workplace, tmp_path: Path) -> Workplace:
    """A copy of the finished training and its clips."""
    shutil.copytree(finished.home, tmp_path / "home")
    shutil.copytree(finished.clips, tmp_path / "clips")
    copy = Workplace(tmp_path / "home", tmp_path / "clips")
    for receipt in all_receipts(copy.home / "store").values():
        address = receipt.tracking_uri.replace(str(finished.home), str(copy.home))
        receipt.model_copy(update={"tracking_uri": address}).save(copy.home / "store")
    with contextlib.closing(sqlite3.connect(copy.home / "mlflow.db")) as database, database:
        moved = (str(finished.home), str(copy.home))
        database.execute("UPDATE experiments SET artifact_location = replace(artifact_location, ?, ?)", moved)
    return copy


def nothing(_workplace: Workplace) -> None:
    pass


def touch(workplace: Workplace) -> None:
    for clip in workplace.some_clips(TEN):
        clip.touch()


def setting(text: str) -> Callable[[Workplace], None]:
    def change(workplace: Workplace) -> None:
        workplace.settings.append(text)

    change.__name__ = text
    return change


def refresh(*stages: str) -> Callable[[Workplace], None]:
    def change(workplace: Workplace) -> None:
        workplace.refresh = stages

    change.__name__ = f"refresh {', '.join(stages)}"
    return change


def alter_a_clip(workplace: Workplace) -> None:
    [clip] = workplace.some_clips(1)
    content = bytearray(clip.read_bytes())
    content[1000] ^= 1
    clip.write_bytes(content)


def add_ten_clips(workplace: Workplace) -> None:
    for number, clip in enumerate(workplace.some_clips(TEN)):
        content = bytearray(clip.read_bytes())
        content[2000] ^= 1
        clip.with_name(f"new{number}_nohash_0.wav").write_bytes(content)


def delete_ten_clips(workplace: Workplace) -> None:
    for clip in workplace.some_clips(TEN):
        clip.unlink()


def relabel_ten_clips(workplace: Workplace) -> None:
    for clip in workplace.some_clips(TEN):
        other = "yes" if clip.parent.name != "yes" else "no"
        clip.rename(workplace.clips / other / f"moved_{clip.name}")


# How many clips' features each change of the clips costs.
COMPUTED = {alter_a_clip: 1, add_ten_clips: TEN, delete_ten_clips: 0}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (nothing, set()),
        (touch, set()),
        (setting("training.learning_rate=0.002"), MODEL_CHANGED),
        (setting("training.seed=5"), MODEL_CHANGED | {"baseline"}),
        (setting("model.name=tc_resnet8"), MODEL_CHANGED),
        (setting("evaluation.confidence=0.9"), {"evaluate", "validate_predictions", "error_analysis"}),
        (setting("debugging.max_saturated_share=0.8"), {"preflight", "debug"}),
        (setting("analysis.wanted_accuracy=0.9"), {"error_analysis"}),
        (setting("analysis.seed=5"), {"sensitivity"}),
        (setting("validation.max_bad_fraction=0.07"), {"validate"}),
        (setting("validation.spectrograms.min_dynamic_range_nats=3"), {"validate_spectrograms"}),
        (setting("validation.predictions.max_collapse_fraction=0.6"), {"validate_predictions"}),
        (setting("audit.seed=5"), {"audit"}),
        (setting("registry.min_comparable_clips=7"), set()),
        (setting("features.mel_bands=32"), FEATURES_CHANGED),
        (alter_a_clip, DATA_CHANGED),
        (add_ten_clips, DATA_CHANGED),
        (delete_ten_clips, DATA_CHANGED),
        (relabel_ten_clips, LABELS_CHANGED),
        (setting("data.split_seed=5"), LABELS_CHANGED),
        (refresh("fit"), {"fit"}),
        (refresh("ingest", "evaluate"), {"ingest", "evaluate"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_change_rebuilds_what_it_decides_and_nothing_else(
    workplace: Workplace, change: Callable[[Workplace], None], expected: set[str]
) -> None:
    change(workplace)
    result = workplace.train()
    assert rebuilt(result) == expected, result.stages
    if change in COMPUTED:
        assert 1 <= shards_written(result) <= TEN
        assert f"{COMPUTED[change]} of " in result.stages["spectrograms"].why


def shards_written(result: Any) -> int:
    """From the account's words: `10 of 200 clips computed, 9 of 100 shards written`."""
    return int(result.stages["spectrograms"].why.split(", ")[-1].split()[0])


def delete(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def make_unreadable(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)  # to itself: nobody can read that, not even root


DAMAGES = [delete, truncate, flip_a_byte, make_unreadable]


TURNS = 6
# No stage's turns are those of another, so that each is damaged at some time while another is whole.
DAMAGED_IN = dict(zip(STAGES, combinations(range(TURNS), 3), strict=False))


@pytest.mark.parametrize("turn", range(TURNS))
def test_damaged_artifacts_are_rebuilt_alone(workplace: Workplace, turn: int) -> None:
    stages = [stage for stage, turns in DAMAGED_IN.items() if turn in turns]
    for stage, damage in zip(stages, islice(cycle(DAMAGES), turn, None), strict=False):
        damage(max(workplace.result_of(stage).glob("*.*"), key=lambda path: path.stat().st_size))
    result = workplace.train()
    assert rebuilt(result) == set(stages), result.stages
    assert all("incomplete or altered" in result.stages[stage].why for stage in stages)


def test_damaged_shards_are_rebuilt_alone(workplace: Workplace) -> None:
    shards = (workplace.home / "store" / "parts").glob("*/*")
    for damage, shard in zip(DAMAGES, shards, strict=False):
        damage(shard)
    result = workplace.train()
    assert rebuilt(result) == {"spectrograms"}
    assert shards_written(result) == len(DAMAGES)


def test_a_removed_result_is_made_again_alone(workplace: Workplace) -> None:
    shutil.rmtree(workplace.result_of("fit"))
    result = workplace.train()
    assert rebuilt(result) == {"fit"}
    assert result.stages["fit"].why.startswith("its stored result was removed")
    assert [run.info.status for run in workplace.runs()] == ["FINISHED"]


def curve(client: MlflowClient, run_id: str, metric: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in client.get_metric_history(run_id, metric)]


def artifact_names(client: MlflowClient, run_id: str) -> set[str]:
    return {one.path for one in client.list_artifacts(run_id)}


def settings_of(run: Run) -> dict[str, str]:
    """The params, but for where the clips lie: a test has its own copy of them."""
    return {
        name: value for name, value in run.data.params.items() if name not in ("data.source", "data.path")
    }


def assert_a_replay(result: Any, client: MlflowClient, replayed: MlflowClient, original: Run) -> None:
    """Nothing was computed, and the new run shows all that the original one does."""
    assert rebuilt(result) == set()
    run = replayed.get_run(result.mlflow_run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_id != original.info.run_id
    assert settings_of(run) == settings_of(original)
    assert run.data.metrics == original.data.metrics
    assert artifact_names(replayed, run.info.run_id) == artifact_names(client, original.info.run_id)
    for metric in original.data.metrics:
        there, here = curve(client, original.info.run_id, metric), curve(replayed, run.info.run_id, metric)
        assert here == there, metric
    assert len(run.inputs.dataset_inputs) == len(original.inputs.dataset_inputs) == 3


def test_a_deleted_mlflow_run_is_replayed_and_nothing_computed(workplace: Workplace) -> None:
    client = MlflowClient(f"sqlite:///{workplace.home}/mlflow.db")
    [original] = workplace.runs()
    client.delete_run(original.info.run_id)
    assert_a_replay(workplace.train(), client, client, original)
    assert len(workplace.runs()) == 1


def test_another_tracking_uri_gets_the_whole_run_and_nothing_is_computed(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = MlflowClient(f"sqlite:///{workplace.home}/mlflow.db")
    [original] = workplace.runs()
    elsewhere = f"sqlite:///{workplace.home.parent}/elsewhere.db"
    monkeypatch.chdir(workplace.home.parent)  # where MLflow puts the artifacts of a database of its own
    monkeypatch.setenv("MLFLOW_TRACKING_URI", elsewhere)
    result = workplace.train()
    assert_a_replay(result, client, MlflowClient(elsewhere), original)
    assert workplace.train().mlflow_run_id == result.mlflow_run_id


def test_every_reason_is_in_the_result_the_tags_and_on_the_prefect_page(workplace: Workplace) -> None:
    from tasks.summary import markdown

    workplace.settings.append("training.learning_rate=0.002")
    result = workplace.train()
    tags = MlflowClient(f"sqlite:///{workplace.home}/mlflow.db").get_run(result.mlflow_run_id).data.tags
    assert result.stages["fit"].why.startswith("training.learning_rate 0.005 -> 0.002")
    for name, stage in result.stages.items():
        assert stage.why
        assert tags[f"soundcheck.stage.{name}"] == f"{stage.outcome}: {stage.why}"
        assert f"| {name} | {stage.outcome} | {stage.why} |" in markdown(result)
