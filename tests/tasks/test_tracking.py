"""What a run in a real MLflow holds: metrics, params, artifacts, each once."""

from pathlib import Path

import pytest

from tasks.tracking import FINAL
from tasks.tracking_server import connect, page_of, tracking_uri

pytestmark = pytest.mark.slow  # a new MLflow database takes seconds


def test_metrics_of_every_epoch_and_the_clips_they_are_of(tracking) -> None:
    with tracking.opened() as run:
        for epoch, loss in ((1, 2.0), (2, 1.0)):
            run.log_epoch({"epoch": epoch, "train_loss": loss, "validation_loss": loss + 0.5, "seconds": 1.5})
        assert run.epochs() == 2
        run.log_final_metrics({f"{FINAL}test_accuracy": 0.9})
    finished = tracking.stored(run)
    assert finished.data.metrics == {
        "train_loss": 1,
        "validation_loss": 1.5,
        "seconds": 1.5,
        f"{FINAL}test_accuracy": 0.9,
    }
    history = tracking.client.get_metric_history(run.run_id, "train_loss")
    assert [(one.step, one.value) for one in history] == [(1, 2.0), (2, 1.0)]
    inputs = {one.dataset.name: one for one in finished.inputs.dataset_inputs}
    assert inputs.keys() == {"clips/train", "clips/validation", "clips/test"}
    assert inputs["clips/test"].dataset.digest == "test-digest"
    assert {tag.key: tag.value for tag in inputs["clips/test"].tags} == {"mlflow.data.context": "test"}
    linked = {one.key: one.dataset_name for one in tracking.client.get_logged_model(run.model_id).metrics}
    assert linked == {
        "train_loss": "clips/train",
        "validation_loss": "clips/validation",
        "seconds": None,
        f"{FINAL}test_accuracy": "clips/test",
    }


def test_an_epoch_that_was_there_when_the_run_was_opened_is_not_logged_again(tracking) -> None:
    for last in (2, 4):
        with tracking.opened() as run:
            for epoch in range(1, last + 1):
                run.log_epoch({"epoch": epoch, "train_loss": 1.0})
    history = tracking.client.get_metric_history(run.run_id, "train_loss")
    assert [point.step for point in history] == [1, 2, 3, 4]


def test_a_complete_run_gets_no_second_curve(tracking) -> None:
    tracking.completed()
    with tracking.opened() as run:
        run.log_epoch({"epoch": 2, "train_loss": 2.0})
    assert run.epochs() == 1


def test_final_metrics_may_come_twice(tracking) -> None:
    with tracking.opened() as run:
        run.log_final_metrics({f"{FINAL}test_accuracy": 0.9})
        run.log_final_metrics({f"{FINAL}test_accuracy": 0.9, f"{FINAL}test_f1": 0.8})
    assert tracking.stored(run).data.metrics == {f"{FINAL}test_accuracy": 0.9, f"{FINAL}test_f1": 0.8}
    assert len(tracking.client.get_metric_history(run.run_id, f"{FINAL}test_accuracy")) == 1


def test_any_number_of_params_and_metrics_can_be_logged_and_params_may_come_twice(tracking) -> None:
    params = {"nothing": None, "data.path": Path("/clips"), **{f"p{number}": number for number in range(230)}}
    metrics = {f"{FINAL}test_m{number}": float(number) for number in range(230)}
    with tracking.opened() as run:
        run.log_params(params)
        run.log_params(params)
        run.log_final_metrics(metrics)
    data = tracking.stored(run).data
    assert data.params == {name: str(value) for name, value in params.items()}
    assert data.metrics == metrics


@pytest.mark.parametrize("label", ["don't", "c+", "größe", "a,b", "100%", "yes/no", "…"])
def test_labels_may_hold_characters_that_mlflow_refuses(tracking, label: str) -> None:
    with tracking.opened() as run:
        for _ in range(2):
            run.log_params({f"data.clips.{label}": 3, "data.clips.plain": 4, "data.clips.c#": 5})
            run.log_final_metrics({f"{FINAL}test_precision/{label}": 0.5})
    data = tracking.stored(run).data
    assert sorted(data.params.values()) == ["3", "4", "5"]
    [name] = data.metrics
    assert len(tracking.client.get_metric_history(run.run_id, name)) == 1


def test_artifacts_go_into_the_home(tracking, tmp_path: Path) -> None:
    folder = tmp_path / "exhibits"
    (folder / "plots").mkdir(parents=True)
    (folder / "plots" / "curve.png").write_bytes(b"png")
    with tracking.opened() as run:
        run.log_folder(folder)
    assert [path.name for path in (tracking.home / "mlartifacts").rglob("*.png")] == ["curve.png"]
    assert [one.path for one in tracking.client.list_artifacts(run.run_id, "plots")] == ["plots/curve.png"]


def test_what_is_noted_is_kept_in_the_store(tracking) -> None:
    with tracking.opened() as run:
        noted = run.noted(content="c1", results=("results/fit/k1",))
        assert (noted.receipt.content, noted.run_id) == ("c1", run.run_id)
        [kept] = tracking.receipts().values()
    assert kept.model_copy(update={"used": ""}) == noted.receipt
    assert kept.used


def test_the_environment_wins_over_the_home(tracking, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tracking.home
    (home / "mlflow.db").rename(home.parent / "elsewhere.db")
    elsewhere = f"sqlite:///{home.parent / 'elsewhere.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", elsewhere)
    monkeypatch.chdir(home.parent)
    assert tracking_uri(home) == elsewhere
    run = tracking.completed()
    assert not (home / "mlflow.db").exists()
    assert connect(home).get_run(run.run_id).info.status == "FINISHED"


def test_the_page_of_a_run_is_its_servers_and_tells_no_password() -> None:
    page = page_of("http://me:secret@tracking:5000/", "1", "ab")
    assert page == "http://tracking:5000/#/experiments/1/runs/ab"
