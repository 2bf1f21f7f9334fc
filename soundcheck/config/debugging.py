"""Thresholds of the rules of `soundcheck.debugging`.

Each is the point from which a state of a network hurts its training, not the point that some example has
reached; the docstring of its rule says where the number comes from.
"""

from __future__ import annotations

from pydantic import Field

from soundcheck.config.section import Section


class DebuggingConfig(Section):
    """When a rule speaks."""

    max_rows: int = Field(
        default=2048, ge=32, description="Rows of the data that are looked at; they are evenly spread."
    )
    max_seconds: float = Field(default=60.0, gt=0, description="Longest time of the preflight checks, in s.")
    max_initial_loss_ratio: float = Field(
        default=3.0,
        gt=1,
        description="An untrained classifier's cross-entropy, over that of one that knows nothing, from "
        "which it starts sure of wrong answers.",
    )
    small_batch_rows: int = Field(default=16, ge=2, description="Rows that a network must learn by heart.")
    small_batch_steps: int = Field(default=200, ge=1, description="Steps that it is given for it.")
    small_batch_loss_share: float = Field(
        default=0.5, gt=0, lt=1, description="Share of its loss that must be gone by then."
    )
    trial_steps: int = Field(
        default=400, ge=1, description="Most steps of a short training that tries whether a change helps."
    )
    trial_seconds: float = Field(default=10.0, gt=0, description="Longest time of a short training, in s.")
    max_saturated_share: float = Field(
        default=0.9,
        gt=0,
        lt=1,
        description="Share of a layer's outputs on the flat parts of its activation, from which it passes "
        "on hardly any gradient.",
    )
    max_unreachable_variance: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Share of a target's variance beyond the range of the output, from which it hurts.",
    )
    max_unreachable_variance_of_use: float = Field(
        default=0.5, gt=0, lt=1, description="The same, from which a model is of no use."
    )
    max_misjudged_share: float = Field(
        default=0.05, gt=0, lt=1, description="Share of the rows that a metric may have wrong."
    )
    min_gain_of_depth: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Skill by which ordinary nonlinear learners surpass a linear one, from which a linear "
        "model is too little (1: perfect, 0: trivial).",
    )
    min_relative_gradient: float = Field(
        default=1e-4,
        gt=0,
        lt=1,
        description="Gradient of the first layer relative to its weights, over that of the last, below "
        "which the first layers of a deep stack stay as they are.",
    )
    max_equal_rows_share: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="Share of the rows of the inputs that may be exactly the same while their targets "
        "differ.",
    )
    max_input_scale: float = Field(
        default=10.0,
        gt=1,
        description="Root mean square of an input's column, or its mean over its standard deviation, from "
        "which the first layer is ill-conditioned.",
    )
    min_input_scale: float = Field(
        default=0.02,
        gt=0,
        lt=1,
        description="Root mean square of an input below which weights must grow first.",
    )
    max_target_distance: float = Field(
        default=30.0,
        gt=1,
        description="Distance of a regression's targets from the untrained outputs, in their standard "
        "deviations (at least 1), from which the training goes into getting there.",
    )
    min_target_deviation: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description="Standard deviation of a regression's targets below which they drown in the noise of "
        "the steps.",
    )
    max_unrelated_skill: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="Skill of ordinary learners that must surely not be reached for labels to be called "
        "unrelated.",
    )
    max_class_ratio: float = Field(
        default=9.0,
        gt=1,
        description="Rows of the most frequent class for one of the rarest: imbalanced above.",
    )
    max_told_rare_rows: float = Field(
        default=0.05, ge=0, lt=1, description="Share of rare rows told from the frequent class in a collapse."
    )
    max_batch_purity: float = Field(
        default=0.8, gt=0, lt=1, description="Purity of batches: 0 in random order, 1 with one class in each."
    )
    max_mix_distance: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Distance between the classes' shares in training and validation rows, from 0 (same) to "
        "1.",
    )
    max_shift_deviations: float = Field(
        default=3.0,
        gt=0,
        description="Distance between the means of a column in training and validation rows, in its "
        "standard deviations.",
    )
    max_shift_ratio: float = Field(
        default=5.0,
        gt=1,
        description="Ratio of a column's standard deviations in training and validation rows.",
    )
    min_shift_harm: float = Field(
        default=0.2, gt=0, lt=1, description="Skill lost on validation rows by which a small shift shows."
    )
    max_leaked_share: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Share of validation rows that may be training rows, beyond chance.",
    )
    min_copied_correlation: float = Field(
        default=1 - 1e-6,
        gt=0,
        le=1,
        description="Correlation of a column with the target that makes it a copy.",
    )
    max_near_copy: float = Field(
        default=0.99, gt=0, lt=1, description="Correlation up to which a second column is no copy as well."
    )
    min_smoothness: float = Field(
        default=0.7,
        gt=0,
        lt=1,
        description="Correlation of neighbours along an axis from which it looks like time or space: half "
        "of a value's variance (0.7 squared) is known from the one next to it.",
    )
    max_roughness: float = Field(
        default=0.3, ge=0, lt=1, description="Correlation of neighbours up to which an axis is not like time."
    )
    max_update_ratio: float = Field(
        default=0.1, gt=0, description="Share of the weights that one step may change before it is too large."
    )
    min_update_ratio: float = Field(
        default=1e-4, gt=0, description="Share of the weights that one step has to change to get anywhere."
    )
    max_learning_rate_multiple: float = Field(
        default=5.0,
        gt=1,
        description="Multiple of the optimizer's default from which a rate is unusually high.",
    )
    min_learning_rate_share: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Share of the optimizer's default from which a rate is unusually low.",
    )
    min_schedule_share: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description="Share of its start below which a learning rate moves nothing any more.",
    )
    min_loss_fall_share: float = Field(
        default=0.02,
        gt=0,
        lt=1,
        description="Share of itself that the loss still falls by in the last third of a training that was "
        "broken off too early.",
    )
    max_loss_swing_share: float = Field(
        default=0.2, gt=0, description="Mean change of the loss from epoch to epoch, as a share of itself."
    )
    max_trivial_skill: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Skill up to which a network does no better than a constant guess.",
    )
    max_dead_share: float = Field(
        default=0.5, gt=0, lt=1, description="Share of a layer's units that may be silent on all rows."
    )
    max_initial_gain: float = Field(
        default=10.0, gt=1, description="Factor by which a layer's first weights may magnify its input."
    )
    min_initial_gain: float = Field(
        default=0.01, gt=0, lt=1, description="Factor by which a layer's first weights may shrink its input."
    )
    min_gradient_share: float = Field(
        default=1e-4,
        gt=0,
        lt=1,
        description="Relative gradient of the first layer, as a share of that of the last, below which it "
        "vanishes.",
    )
    max_gradient_growth: float = Field(
        default=1e3, gt=1, description="Factor by which the gradient may grow during a training."
    )
    max_dropout_rate: float = Field(
        default=0.7, gt=0, lt=1, description="Rate of dropout above which hardly anything is passed on."
    )
    max_mode_loss_ratio: float = Field(
        default=2.0,
        gt=1,
        description="Ratio of the losses of one batch in training and inference mode, either way.",
    )
    max_penalty_share: float = Field(
        default=0.5, gt=0, lt=1, description="Share of the loss that penalties on weights may make up."
    )
    max_validation_rise: float = Field(
        default=0.2, gt=0, description="Share of its best by which the validation loss may rise again."
    )
    max_run_difference: float = Field(
        default=1e-5,
        ge=0,
        lt=1,
        description="Relative difference up to which two trainings count as the same: NumPy's own.",
    )
