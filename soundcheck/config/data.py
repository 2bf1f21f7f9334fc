"""Where the clips come from and how they are divided."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from soundcheck.config.section import MAX_SEED, Names, Section

SYNTHETIC = "synthetic"
MINI_SPEECH_COMMANDS = "mini_speech_commands"
MAX_FILL = 0.9  # share of `_unknown_` and `_silence_` together


class SyntheticConfig(Section):
    """Synthetic speech, used when `data.source` is `synthetic`."""

    clips_per_label: int = Field(default=200, ge=1, description="Clips spoken for each of the eight words.")
    seed: int = Field(
        default=0,
        ge=0,
        le=MAX_SEED,
        description="Decides voices, pitch, rate, gain and noise; the same seed, the same bytes.",
    )


def _silence_fraction(values: dict[str, Any]) -> float:
    return 0.0 if values.get("noise") is None else 0.1


class DataConfig(Section):
    """Where the clips come from and how they are divided."""

    source: str = Field(
        default=SYNTHETIC,
        min_length=1,
        description="`synthetic`, `mini_speech_commands` (downloaded), or the path of a folder "
        "LABEL/clip.wav, of a zip or tar archive of one, or of a CSV or Parquet table with the columns "
        "path,label[,speaker][,split].",
    )
    words: Names = Field(
        default=(),
        description="The labels to tell apart; clips of other labels can become `_unknown_`. None: all.",
    )
    unknown_fraction: float = Field(
        default=0.1,
        ge=0,
        le=0.9,
        description="Share of `_unknown_`, clips of other labels than `words`, in the whole; only where "
        "`words` are given.",
    )
    noise: str | None = Field(
        default=None,
        min_length=1,
        description="Path of a folder or archive of recordings of background noise; unless set, the folder "
        "`_background_noise_` of the source.",
    )
    silence_fraction: float = Field(
        default_factory=_silence_fraction,
        ge=0,
        le=0.9,
        description="Share of `_silence_`, clips cut from background noise, in the whole; unless set, 0.1 "
        "where `noise` is given, else 0.",
    )
    speaker_pattern: str = Field(
        default=r"([^/]+?)_nohash_",
        description="Regular expression that is searched for in a clip's path; its group is the speaker. "
        "Where it does not match, the file's name without its suffix is.",
    )
    long_clips: Literal["centre", "windows"] = Field(
        default="centre",
        description="Of a recording longer than `features.clip_duration_ms`: `centre`, the part around its "
        "energy; `windows`, one clip after the other.",
    )
    sample_rate_hz: int = Field(
        default=16000, ge=4000, le=48000, description="Rate to which every clip is resampled, in Hz."
    )
    split: Literal["speaker", "random"] = Field(
        default="speaker",
        description="`speaker`: the published hash split of Speech Commands, no speaker in two splits; "
        "`random`: clips drawn by `split_seed`, speakers shared.",
    )
    validation_fraction: float = Field(
        default=0.1, gt=0, lt=0.5, description="Share of the clips (of the speakers) that selects the epoch."
    )
    test_fraction: float = Field(
        default=0.1,
        gt=0,
        lt=0.5,
        description="Share of the clips (of the speakers) that is only reported on.",
    )
    split_seed: int = Field(default=0, ge=0, le=MAX_SEED, description="Seed of the `random` split.")
    synthetic: SyntheticConfig = Field(
        default=SyntheticConfig(), description="What is spoken when the source is `synthetic`."
    )

    @model_validator(mode="after")
    def _consistent(self) -> DataConfig:
        if self.words and self.unknown_fraction + self.silence_fraction > MAX_FILL:
            raise ValueError(
                f"data.unknown_fraction={self.unknown_fraction:g} and "
                f"data.silence_fraction={self.silence_fraction:g} leave too little for data.words; together "
                f"they may be {MAX_FILL:g}"
            )
        try:
            groups = re.compile(self.speaker_pattern).groups
        except re.error as error:
            raise ValueError(f"data.speaker_pattern={self.speaker_pattern!r}: {error}") from error
        if groups != 1:
            raise ValueError(
                f"data.speaker_pattern={self.speaker_pattern!r} has {groups} groups; put the speaker, and "
                "nothing else, in parentheses"
            )
        return self
