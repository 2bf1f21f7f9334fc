"""A logged model, loaded where there is no Soundcheck."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks.serving import card_of, load_served_model, log_served_model

pytestmark = pytest.mark.slow

# What a stranger would run; `-I` keeps this repository off the path, and an import of it is made impossible.
STRANGER = """
import json, sys
import numpy as np

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tasks", "flows", "expectations", "prefect"):
            raise ModuleNotFoundError(name)
        return None

sys.meta_path.insert(0, Absent())
import mlflow

model = mlflow.pyfunc.load_model(sys.argv[1])
clips = np.load(sys.argv[2])
answers = {"predictions": model.predict(clips).to_dict("list")}
import soundcheck
answers["code"] = soundcheck.__file__
for name, broken in {"nan": np.full_like(clips, np.nan), "length": clips[:, 1:]}.items():
    try:
        model.predict(broken)
    except Exception as error:
        answers[name] = str(error)
print(json.dumps(answers))
"""


def test_a_stranger_loads_the_model_with_its_own_code(tracking, workshop) -> None:
    finished = workshop.make()
    clips = np.random.default_rng(0).uniform(-0.1, 0.1, (3, 1600)).astype(np.float32)
    home, client = tracking.home, tracking.client
    with tracking.opened() as run:
        log_served_model(run, finished.results, finished.config)
    client.create_registered_model("tones")
    version = client.create_model_version(
        "tones", source=run.model_uri, run_id=run.run_id, model_id=run.model_id
    )
    served = load_served_model(version)
    assert served.card == card_of(finished.results, finished.config)

    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir()
    np.save(elsewhere / "clips.npy", clips)
    done = subprocess.run(
        [sys.executable, "-I", "-c", STRANGER, "models:/tones/1", "clips.npy"],
        cwd=elsewhere,
        env={
            **os.environ,
            "MLFLOW_TRACKING_URI": f"sqlite:///{home / 'mlflow.db'}",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.splitlines()[-1])
    expected = served.predict(clips)
    assert answers["predictions"]["label"] == list(expected["label"])
    np.testing.assert_allclose(answers["predictions"]["probability"], expected["probability"], atol=1e-5)
    assert (home / "mlartifacts") in Path(answers["code"]).parents
    assert "not finite" in answers["nan"]
    assert "1600" in answers["length"]
