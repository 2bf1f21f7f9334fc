"""What cannot succeed is refused before anything is computed."""

import socket
import sys
import time

import pytest

from soundcheck.config import Config, with_settings
from soundcheck.errors import ConfigError
from tasks.prerequisites import prerequisites
from tasks.tracking import Labelling


@pytest.mark.parametrize(
    ("settings", "name", "labelling", "message"),
    [
        (["features.mel_bands=200"], "words", Labelling(), "features.mel_bands=200"),
        ([], "a/b", Labelling(), "--model-name 'a/b'"),
        ([], "it's", Labelling(), "--model-name"),
        ([], "", Labelling(), "--model-name ''"),
        ([], "words", Labelling(experiment=""), "--experiment ''"),
        ([], "words", Labelling(tags={"soundcheck.identity": "x"}), "--tag 'soundcheck.identity'"),
        ([], "words", Labelling(tags={"bad$key": "x"}), "--tag 'bad$key'"),
    ],
)
def test_the_argument_is_named(settings, name, labelling, message, tmp_path):
    with pytest.raises(ConfigError) as raised:
        prerequisites.fn(with_settings(Config(), settings), tmp_path, name, labelling)
    assert message in str(raised.value)


def test_a_sound_configuration_passes(tmp_path):
    prerequisites.fn(Config(), tmp_path, "my model ü", Labelling(tags={"room": "kitchen"}))


def test_a_tracking_server_that_does_not_answer_is_named_at_once(tmp_path, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    started = time.monotonic()
    with pytest.raises(ConfigError, match=f"MLFLOW_TRACKING_URI={address}"):
        prerequisites.fn(Config(), tmp_path, "words", Labelling())
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        ("postgresql+psycopg2://me:s3cret@db.example/runs", "psycopg2"),
        ("mysql+nonsense://db.example", "nonsense"),
    ],
)
def test_a_database_without_its_driver_is_named_at_once(address, driver, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)  # as if it were not installed
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(ConfigError, match=f"{driver}.*install its Python package") as raised:
        prerequisites.fn(Config(), tmp_path, "words", Labelling())
    assert "s3cret" not in str(raised.value)
