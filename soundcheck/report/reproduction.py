"""Reproduction: the command that trains the same model again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from soundcheck.config import PRESETS, flatten, with_settings

if TYPE_CHECKING:
    from soundcheck.config import Config

OPTIONS = {"data.source": "--data", "data.noise": "--noise"}
"""Settings that have an option of their own."""


def train_command(config: Config) -> str:
    """`soundcheck train` with what makes this configuration of a preset, quoted for a POSIX shell.

    Args:
        config: As it was run.

    Returns:
        A command over several lines, from the preset that has most settings in common with `config`.
    """
    by_preset = {name: _settings(config, preset()) for name, preset in PRESETS.items()}
    preset = min(by_preset, key=lambda name: len(by_preset[name]))
    arguments = [("--preset", preset), *map(_argument, by_preset[preset].items())]
    return " \\\n  ".join(
        ["soundcheck train", *(f"{name} {shlex.quote(value)}" for name, value in arguments)]
    )


def _settings(config: Config, preset: Config) -> dict[str, Any]:
    """What has to be set for `preset` to become `config`.

    A default may follow another field, so that setting that one makes settings needed that were not before.
    """
    wanted = flatten(config)
    settings: dict[str, Any] = {}
    while True:
        made = flatten(with_settings(preset, [f"{name}={value}" for name, value in settings.items()]))
        differing = {name: value for name, value in wanted.items() if made[name] != value}
        if not differing:
            return settings
        settings |= differing


def _argument(setting: tuple[str, Any]) -> tuple[str, str]:
    name, value = setting
    return (OPTIONS[name], str(value)) if name in OPTIONS else ("--set", f"{name}={value}")
