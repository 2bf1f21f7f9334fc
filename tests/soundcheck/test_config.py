"""The configuration: presets, settings by name, and errors that name the key and the value."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from soundcheck.artifacts import canonical_json
from soundcheck.config import (
    PRESETS,
    Config,
    FeaturesConfig,
    flatten,
    nearest,
    quick,
    reference,
    validated,
    with_settings,
)
from soundcheck.errors import ConfigError

KEYS = tuple(flatten(Config()))


def sections(section: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield section
    for field in section.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from sections(field.annotation)


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `flatten`, by hand."""
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *path, name = key.split(".")
        branch = tree
        for part in path:
            branch = branch.setdefault(part, {})
        branch[name] = value
    return tree


def test_presets_are_what_they_promise() -> None:
    assert set(PRESETS) == {"quick", "reference"}
    assert quick() == Config()
    config = reference()
    assert (config.data.split, config.features.kind, config.model.name) == ("random", "stft", "reference_cnn")
    assert (config.training.epochs, config.training.batch_size, config.training.learning_rate) == (
        10,
        64,
        1e-3,
    )
    assert config.training.learning_rate_schedule == "constant"


@pytest.mark.parametrize("section", list(sections(Config)), ids=lambda section: section.__name__)
def test_every_section_is_frozen_closed_and_described(section: type[BaseModel]) -> None:
    name = next(iter(section.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(section(), name, None)
    with pytest.raises(ValidationError, match="extra_forbidden"):
        section.model_validate({"no_such_key": 1})
    undescribed = [name for name, field in section.model_fields.items() if not field.description]
    assert not undescribed


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("training.epochs=20", 20),
        ("training.learning_rate=3e-4", 3e-4),
        ("training.learning_rate=1", 1.0),
        ("data.source=./my clips", "./my clips"),
        ("data.source=a=b", "a=b"),
        ("data.source=2024", "2024"),
        ("data.source=true", "true"),
        ('data.source="quoted"', '"quoted"'),
        ("data.synthetic.clips_per_label=7", 7),
        ("model.name=reference_cnn", "reference_cnn"),
    ],
)
def test_a_setting_reaches_its_field_with_the_fields_type(setting: str, value: object) -> None:
    key = setting.partition("=")[0]
    config = with_settings(Config(), [setting])
    flat = flatten(config)
    assert flat.pop(key) == value
    assert type(flatten(config)[key]) is type(value)
    assert flat == {name: given for name, given in flatten(Config()).items() if name != key}


def test_settings_add_up_and_the_last_of_a_key_counts() -> None:
    settings = ["training.epochs=2", "training.seed=5", "training.epochs=3"]
    training = with_settings(Config(), settings).training
    assert (training.epochs, training.seed) == (3, 5)


def test_settings_keep_what_the_preset_set() -> None:
    config = with_settings(reference(), ["training.epochs=1"])
    assert flatten(config) == {**flatten(reference()), "training.epochs": 1}


def test_no_setting_changes_nothing() -> None:
    assert with_settings(reference(), []) == reference()


def test_frames_follow_the_kind_of_features_unless_set() -> None:
    assert (FeaturesConfig().frame_length_ms, FeaturesConfig().frame_step_ms) == (30, 10)
    stft = with_settings(Config(), ["features.kind=stft"]).features
    assert (stft.frame_length_ms * 16, stft.frame_step_ms * 16) == (255, 128)
    own = with_settings(Config(), ["features.frame_step_ms=5", "features.kind=stft"]).features
    assert (own.frame_length_ms * 16, own.frame_step_ms) == (255, 5)
    back = with_settings(reference(), ["features.kind=log_mel"]).features
    assert (back.frame_length_ms, back.frame_step_ms) == (30, 10)


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        ("training.epoch=20", ["'training.epoch'", "'training.epochs'"]),
        ("learning_rate=1", ["'learning_rate'", "'training.learning_rate'"]),
        ("training=20", ["'training'"]),
        ("=20", ["''"]),
        ("training.epochs", ["'training.epochs'", "'='", "training.epochs=20"]),
        ("training.epochs=many", ["training.epochs='many'", "integer"]),
        ("training.epochs=0", ["training.epochs='0'", "greater than or equal to 1"]),
        ("training.epochs=2.5", ["training.epochs='2.5'"]),
        ("training.epochs=", ["training.epochs=''"]),
        ("training.learning_rate=NaN", ["training.learning_rate='NaN'", "finite"]),
        ("validation.max_duration_s=Infinity", ["validation.max_duration_s='Infinity'", "finite"]),
        ("training.seed=4294967296", ["training.seed='4294967296'"]),
        ("model.name=resnet", ["model.name='resnet'", "tc_resnet8"]),
        ("features.kind=mfcc", ["features.kind='mfcc'", "log_mel"]),
        (
            "features.frame_length_ms=2000",
            ["features.frame_length_ms=2000", "features.clip_duration_ms=1000"],
        ),
        ("features.lower_edge_hz=8000", ["features.lower_edge_hz=8000", "features.upper_edge_hz=7600"]),
        ("data.sample_rate_hz=8000", ["features.upper_edge_hz=7600", "data.sample_rate_hz=8000"]),
    ],
)
def test_a_refused_setting_names_key_value_and_way_out(setting: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        with_settings(Config(), [setting])
    for part in parts:
        assert part in str(caught.value)


def test_a_refused_value_is_the_only_thing_complained_of() -> None:
    with pytest.raises(ConfigError) as caught:
        with_settings(Config(), ["features.kind=mfcc"])
    assert "frame" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mapping_with_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'training\.epoch'; did you mean 'training\.epochs'\?"):
        validated({"training": {"epoch": 3}})


def test_nothing_near_is_not_guessed() -> None:
    assert nearest("zzzzzz", KEYS) == ""


@given(st.lists(st.text() | st.builds("{}={}".format, st.sampled_from(KEYS), st.text()), max_size=3))
def test_any_setting_is_either_applied_or_refused_by_a_config_error(settings: list[str]) -> None:
    with contextlib.suppress(ConfigError):
        assert isinstance(with_settings(Config(), settings), Config)


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 100_000, "\x00", "1e999", "\udc80"])
def test_values_that_break_parsers_are_refused_by_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"training\.epochs="):
        with_settings(Config(), [f"training.epochs={text}"])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "training.epochs": st.integers(1, 100_000),
            "training.seed": st.integers(0, 2**32 - 1),
            "training.learning_rate": st.floats(1e-12, 10),
            "data.source": st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
            "data.synthetic.seed": st.integers(0, 10**6),
            "data.validation_fraction": st.floats(0.001, 0.499),
            "validation.max_duration_s": st.floats(0.5, 1e6),
            "features.kind": st.sampled_from(["stft", "log_mel"]),
            "features.mel_bands": st.integers(4, 256),
        },
    )
)
def test_flattening_loses_nothing(flat: dict[str, Any]) -> None:
    config = validated(nested(flat))
    assert flatten(config).items() >= flat.items()
    assert validated(nested(flatten(config))) == config
    assert with_settings(Config(), [f"{key}={value}" for key, value in flat.items()]) == config
    assert json.loads(canonical_json(flatten(config))) == flatten(config)
