"""`soundcheck ui`, and the deployment on a real server with a real worker."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml
from flow_stages import FRUGAL
from mlflow import MlflowClient

from soundcheck.config import Config, with_settings

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
PREFECT = Path(sys.executable).with_name("prefect")
SOUNDCHECK = Path(sys.executable).with_name("soundcheck")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status(url):
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310
        return response.status


def test_ui_starts_both_servers_and_stops_them(environment, tmp_path):
    mine = {name: value for name, value in environment.items() if name != "PREFECT_API_URL"}
    mine |= {"SOUNDCHECK_HOME": str(tmp_path / "home"), "PREFECT_HOME": str(tmp_path / "prefect")}
    ports = free_port(), free_port()
    options = ["--mlflow-port", str(ports[0]), "--prefect-port", str(ports[1])]
    process = subprocess.Popen([SOUNDCHECK, "ui", *options], env=mine, stdout=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        addresses = re.findall(r"http://\S+", "".join(lines))
        assert addresses == [f"http://127.0.0.1:{port}" for port in ports]
        assert [status(address) for address in addresses] == [200, 200]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=40) == 0
        process.stdout.close()
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, f"something still listens on {port}"


def test_ui_leaves_a_reachable_prefect_server_alone(environment, tmp_path):
    process = subprocess.Popen(
        [SOUNDCHECK, "ui", "--mlflow-port", str(free_port())],
        env=environment | {"SOUNDCHECK_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        lines = [process.stdout.readline() for _ in range(2)]
        assert environment["PREFECT_API_URL"].removesuffix("/api") in lines[1]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
        process.stdout.close()
    assert status(f"{environment['PREFECT_API_URL']}/health") == 200


def test_the_deployment_has_a_weekly_schedule_on_a_process_pool():
    deployments = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())["deployments"]
    [train] = [one for one in deployments if one["entrypoint"] == "flows/train.py:train"]
    minute, hour, day, month, weekday = train["schedules"][0]["cron"].split()
    assert (day, month) == ("*", "*")
    assert all(field.isdigit() for field in (minute, hour, weekday))
    assert train["work_pool"]["name"] == "soundcheck"


def test_a_worker_runs_the_deployment(environment, speech_folder, tmp_path):
    mine = environment | {"SOUNDCHECK_HOME": str(tmp_path / "home")}

    def prefect(*arguments):
        command = [PREFECT, "--no-prompt", *arguments]
        done = subprocess.run(
            command, env=mine, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    prefect("work-pool", "create", "soundcheck", "--type", "process")
    prefect("deploy", "--all")
    worker = subprocess.Popen(
        [PREFECT, "worker", "start", "--pool", "soundcheck", "--limit", "1"],
        env=mine,
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        config = with_settings(Config(), [f"data.source={speech_folder}", *FRUGAL])
        output = prefect("deployment", "run", "train/train", "--param", f"config={config.model_dump_json()}")
        flow_run_id = re.search(r"UUID: ([0-9a-f-]{36})", output).group(1)
        assert completed(mine["PREFECT_API_URL"], flow_run_id) == "COMPLETED"
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(timeout=20)
    client = MlflowClient(f"sqlite:///{tmp_path}/home/mlflow.db")
    [run] = client.search_runs(["1"])
    assert run.info.status == "FINISHED"
    assert run.data.tags["prefect.flow_run_id"] == flow_run_id
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=REPOSITORY, text=True)
    assert run.data.tags["mlflow.source.git.commit"] == commit.strip()


def completed(api, flow_run_id):
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{api}/flow_runs/{flow_run_id}", timeout=10) as response:  # noqa: S310
            state = json.load(response)["state"]["type"]
        if state in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
            return state
        time.sleep(1)
    return "still running after four minutes"
