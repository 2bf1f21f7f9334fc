"""Thresholds of the expectations."""

from __future__ import annotations

from pydantic import Field, model_validator

from soundcheck.config.section import Names, Section


class SplitChecksConfig(Section):
    """Thresholds of the expectations on the splits."""

    max_shared_fraction: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of clips that may stand in two splits, byte for byte, before the flow stops; any "
        "such clip is reported.",
    )
    max_proportion_deviation: float = Field(
        default=0.05,  # whole speakers are dealt: the published split of the real 8000 is off by 0.014
        ge=0,
        le=1,
        description="Reported where a split's share of the clips is further from its configured fraction.",
    )


class SpectrogramChecksConfig(Section):
    """Thresholds of the expectations on the features."""

    max_constant_fraction: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="Share of clips whose features may be one number throughout before the flow stops.",
    )
    min_dynamic_range_nats: float = Field(
        default=4.0,  # as log-mel 14 of the real 8000 clips have less, 7 of them near silence
        ge=0,
        description="Spoken clips whose loudest part exceeds their quietest by less are reported, in nats "
        "(4 are 35 dB).",
    )
    max_population_stability_index: float = Field(
        default=0.25,  # Siddiqi, "Credit Risk Scorecards", 2006
        gt=0,
        description="Features whose distribution differs by more from that of the champion's training clips "
        "are reported; 0.1 is a small change, 0.25 a large one.",
    )


class PredictionChecksConfig(Section):
    """Thresholds of the expectations on the predictions."""

    max_probability_sum_error: float = Field(
        default=0.0001,  # rounding of single precision gives less than 1e-6
        gt=0,
        lt=1,
        description="How far the probabilities of a clip may sum to something else than 1.",
    )
    max_collapse_fraction: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Reported as a collapse where one label is predicted for a larger share of the clips of "
        "other labels, net; 1 where it is for every clip.",
    )


class ValidationConfig(Section):
    """Thresholds of the expectations on the clips."""

    max_bad_fraction: float = Field(
        default=0.05, ge=0, lt=1, description="Share of clips that may be unreadable before the flow stops."
    )
    expected_labels: Names = Field(
        default=(), description="Another label than these, or one of them without a clip, stops the flow."
    )
    min_clips_per_label: int = Field(
        default=10, ge=1, description="Fewer readable clips than this under a label stop the flow."
    )
    min_speakers_per_label: int = Field(
        default=10,
        ge=1,
        description="Labels with fewer speakers are reported: a tenth of them in validation and a tenth in "
        "test would be none.",
    )
    max_label_ratio: float = Field(
        default=5.0,
        ge=1,
        description="Labels with so many times fewer clips than the largest are reported; 2.6 in the full "
        "Speech Commands.",
    )
    min_duration_s: float = Field(
        default=0.5, ge=0, description="Shorter recordings are reported, in seconds; 8 of the real 8000."
    )
    max_duration_s: float = Field(
        default=1.5,
        gt=0,
        description="Longer recordings are reported, in seconds; see `data.long_clips` for what is made of "
        "them.",
    )
    full_duration_s: float = Field(
        default=1.0,
        ge=0,
        description="Shorter clips are reported, in seconds, since they are padded; 822 of the real 8000.",
    )
    min_rms: float = Field(
        default=0.0003,
        ge=0,
        description="Clips whose root mean square is lower are reported as silent; full scale is 1. Ten "
        "steps of 16 bits; 40 of the real 8000.",
    )
    min_peak: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="Clips whose largest magnitude is lower are reported as faint; full scale is 1. Eight of "
        "16 bits are in use; 36 of the real 8000.",
    )
    max_clipped_fraction: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Clips with a larger share of samples at full scale are reported; 42 of the real 8000.",
    )
    max_flat_top_fraction: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="Clips with a larger share of samples that repeat the one before at their own highest or "
        "lowest value, below full scale, are reported as clipped; at most 0.0002 in the real 8000.",
    )
    max_constant_ms: float = Field(
        default=5.0,
        ge=0,
        description="Clips whose sound breaks off into a constant for longer are reported, in ms; 1 of the "
        "real 8000.",
    )
    max_dc_offset: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Clips whose mean is further from zero are reported; full scale is 1. 79 of the real "
        "8000.",
    )
    min_speech_contrast_db: float = Field(
        default=6.0,
        ge=0,
        description="Clips whose loud parts are less above the quiet ones are reported as without speech, in "
        "dB; 14 of the real 8000.",
    )
    max_edge_level_db: float = Field(
        default=-6.0,
        le=0,
        description="Clips that begin or end at a higher level are reported as cut off, in dB relative to "
        "their loudest part; 141 of the real 8000.",
    )
    min_bits: int = Field(default=16, ge=0, le=64, description="Files with fewer bits a sample are reported.")
    min_bandwidth_fraction: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Clips whose spectrum breaks off below this share of half the sample rate are reported "
        "as recorded at a lower one; 59 of the real 8000.",
    )
    min_near_duplicate_similarity: float = Field(
        default=0.995,
        gt=0,
        le=1,
        description="Clips whose fingerprints are at least as similar (cosine) are reported as almost the "
        "same; none of the real 8000.",
    )
    splits: SplitChecksConfig = Field(default=SplitChecksConfig(), description="Of the splits.")
    spectrograms: SpectrogramChecksConfig = Field(
        default=SpectrogramChecksConfig(), description="Of the features."
    )
    predictions: PredictionChecksConfig = Field(
        default=PredictionChecksConfig(), description="Of the predictions."
    )

    @model_validator(mode="after")
    def _consistent(self) -> ValidationConfig:
        if self.min_duration_s > self.max_duration_s:
            raise ValueError(
                f"validation.min_duration_s={self.min_duration_s:g} is above "
                f"validation.max_duration_s={self.max_duration_s:g}"
            )
        return self
