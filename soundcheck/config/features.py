"""What the model sees of a clip."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from soundcheck.config.section import Section


def _frame_length_ms(values: dict[str, Any]) -> float:
    return 15.9375 if values.get("kind") == "stft" else 30.0


def _frame_step_ms(values: dict[str, Any]) -> float:
    return 8.0 if values.get("kind") == "stft" else 10.0


class FeaturesConfig(Section):
    """What the model sees of a clip."""

    kind: Literal["stft", "log_mel"] = Field(
        default="log_mel", description="`stft`: magnitudes of the short-time Fourier transform; `log_mel`."
    )
    clip_duration_ms: float = Field(
        default=1000.0,
        ge=100,
        le=10000,
        description="Clips are zero-padded or cut at their end to this, in ms.",
    )
    frame_length_ms: float = Field(
        default_factory=_frame_length_ms,
        gt=0,
        description="Length of a frame in ms; unless set, 15.9375 (255 samples at 16 kHz) for `stft`, "
        "30 for `log_mel`.",
    )
    frame_step_ms: float = Field(
        default_factory=_frame_step_ms,
        gt=0,
        description="Step between frames in ms; unless set, 8 (128 samples at 16 kHz) for `stft`, "
        "10 for `log_mel`.",
    )
    mel_bands: int = Field(default=40, ge=4, le=256, description="Bands of `log_mel`.")
    lower_edge_hz: float = Field(default=20.0, ge=0, description="Lower edge of the mel bands, in Hz.")
    upper_edge_hz: float = Field(
        default=7600.0, gt=0, description="Upper edge of the mel bands, in Hz; at most half the sample rate."
    )
    storage: Literal["float16", "float32"] = Field(
        default="float16", description="Number format of the shards; `float16` halves them."
    )

    @classmethod
    def published(cls, clip_duration_ms: float, sample_rate_hz: int) -> FeaturesConfig:
        """The defaults, which are those of the published networks, for clips of that length and rate."""
        highest_hz = min(cls().upper_edge_hz, sample_rate_hz / 2)
        return cls(clip_duration_ms=clip_duration_ms, upper_edge_hz=highest_hz)

    @model_validator(mode="after")
    def _consistent(self) -> FeaturesConfig:
        if self.frame_length_ms > self.clip_duration_ms:
            raise ValueError(
                f"features.frame_length_ms={self.frame_length_ms:g} is longer than "
                f"features.clip_duration_ms={self.clip_duration_ms:g}"
            )
        if self.frame_step_ms > self.clip_duration_ms:
            raise ValueError(
                f"features.frame_step_ms={self.frame_step_ms:g} is longer than "
                f"features.clip_duration_ms={self.clip_duration_ms:g}"
            )
        if self.lower_edge_hz >= self.upper_edge_hz:
            raise ValueError(
                f"features.lower_edge_hz={self.lower_edge_hz:g} is not below "
                f"features.upper_edge_hz={self.upper_edge_hz:g}"
            )
        return self
