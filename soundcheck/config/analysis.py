"""The configuration of the error analysis of a trained model."""

from __future__ import annotations

from pydantic import Field

from soundcheck.config.section import MAX_SEED, Section


class AnalysisConfig(Section):
    """What is asked of the trained model after its evaluation."""

    worst_clips: int = Field(
        default=12,
        ge=1,
        le=50,
        description="How many of the worst mistakes are explained by their saliency and can be played.",
    )
    wanted_accuracy: float = Field(
        default=0.99,
        gt=0,
        lt=1,
        description="Of the answers that the model is sure of; the others it had better abstain from.",
    )
    wanted_sensitivity: float = Field(
        default=0.95,
        gt=0,
        lt=1,
        description="Share of each word's clips that its own threshold has to let pass.",
    )
    sensitivity_clips: int = Field(
        default=320,
        ge=10,
        le=100_000,
        description="Clips that are perturbed; 320 tell an accuracy to about 0.05.",
    )
    seed: int = Field(default=0, ge=0, le=MAX_SEED, description="Decides which clips, and which noise.")
