import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options import Preset, configuration
from soundcheck.config import Config, flatten, quick, reference, with_settings
from soundcheck.report.reproduction import train_command

PRINT = """soundcheck() { printf '%s\\0' "$@"; }; """


def words_of(command):
    """The arguments that a shell hands to `soundcheck`."""
    shell = subprocess.run(["sh", "-c", PRINT + command], capture_output=True, check=True)
    return shell.stdout.decode().split("\0")[:-1]


def parsed(command):
    """The configuration that the command line makes of a command."""
    first, *words = words_of(command)
    assert first == "train"
    given_options = list(zip(words[::2], words[1::2], strict=True))
    one = dict(given_options)
    settings = [value for name, value in given_options if name == "--set"]
    return configuration(
        Preset(one["--preset"]), data=one.get("--data"), noise=one.get("--noise"), settings=settings
    )


@pytest.mark.parametrize("preset", [quick, reference])
def test_a_preset_needs_no_setting(preset):
    assert train_command(preset()) == f"soundcheck train \\\n  --preset {preset.__name__}"


def test_only_what_differs_is_set():
    config = with_settings(quick(), ["data.source=mini_speech_commands", "training.epochs=3"])
    assert words_of(train_command(config)) == [
        *["train", "--preset", "quick"],
        *["--data", "mini_speech_commands", "--set", "training.epochs=3"],
    ]


@pytest.mark.parametrize(
    "settings",
    [
        ["features.kind=stft"],
        ["features.kind=stft", "features.frame_length_ms=30", "features.frame_step_ms=10"],
        ["data.noise=/noise/it's; rm -rf $HOME"],
        ["data.noise=noise", "data.silence_fraction=0"],
        ["data.words=yes,no", "validation.expected_labels=yes,no,go on"],
        ["data.split=random", "features.kind=stft", "model.name=reference_cnn", "training.batch_size=64"],
        ["training.learning_rate=1e-07"],
    ],
)
def test_the_command_makes_the_same_configuration(settings):
    config = with_settings(Config(), settings)
    assert flatten(parsed(train_command(config))) == flatten(config)


@given(
    source=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    learning_rate=st.floats(0, 10, exclude_min=True),
)
def test_any_name_and_any_number_survives_the_shell(source, learning_rate):
    config = quick().model_copy(
        update={
            "data": quick().data.model_copy(update={"source": source}),
            "training": quick().training.model_copy(update={"learning_rate": learning_rate}),
        }
    )
    assert flatten(parsed(train_command(config))) == flatten(config)
