"""What several commands take: a preset, a data source, settings; and the configuration that they make."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from soundcheck.config import PRESETS, Config, with_settings


class Preset(StrEnum):
    """A named configuration; see `soundcheck.config`."""

    quick = "quick"
    reference = "reference"


DATA_HELP = (
    "`synthetic` (the default: speech by eSpeak NG), `mini_speech_commands` (downloaded, 174 MB), or the "
    "path of a folder LABEL/clip.wav, of a zip or tar archive of one, or of a CSV or Parquet table "
    "path,label[,speaker][,split]."
)

Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any field of the configuration, such as `training.epochs=20`; may be repeated. "
        "`soundcheck config` lists them.",
    ),
]

Noise = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="Folder or archive with recordings of background noise, from which clips of the label "
        "`_silence_` are cut.",
    ),
]


def configuration(
    preset: Preset, *, data: str | None = None, noise: str | None = None, settings: list[str] | None = None
) -> Config:
    """The preset with what was given on the command line; `settings` win."""
    given = {"data.source": data, "data.noise": noise}
    named = [f"{key}={value}" for key, value in given.items() if value is not None]
    return with_settings(PRESETS[preset.value](), [*named, *(settings or [])])
