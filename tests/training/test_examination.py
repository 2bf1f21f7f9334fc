"""A training of ours, examined: silent where it went well, and the cause and the remedy where it did not."""

import json
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from soundcheck.config import DebuggingConfig, ModelConfig, TrainingConfig
from soundcheck.debugging.examination import Examination
from soundcheck.debugging.findings import Severity
from soundcheck.features.pipeline import Datasets
from soundcheck.models.tc_resnet8 import build
from soundcheck.training.examination import Training, examine, examine_start, examine_with_trials
from soundcheck.training.fitted import Fitted, TrainingDivergedError, weights_digest
from soundcheck.training.fitting import fit

SHAPE = (24, 8)
LABELS = ["go", "no", "up"]
SETTINGS = DebuggingConfig(max_rows=256, trial_steps=100)


def examples(clips: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bump in a band of the label's own."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, len(LABELS), clips).astype(np.int32)
    features = random.normal(0, 1, size=(clips, *SHAPE))
    features[np.arange(clips), 10:14, labels] += 4
    return features.astype(np.float32), labels


def training(change: Callable[[np.ndarray], None] = lambda _: None, **settings: object) -> Training:
    keras.utils.set_random_seed(0)
    made = []
    for seed, clips in enumerate((256, 64, 64)):
        features, labels = examples(clips, seed)
        change(features)
        dataset = tf.data.Dataset.from_tensor_slices((features, labels))
        made.append((dataset.shuffle(clips, seed=1) if not made else dataset).batch(32))
    values = {"epochs": 6, "learning_rate": 0.01, "learning_rate_schedule": "constant", **settings}
    return Training(build, Datasets(*made, LABELS), ModelConfig(), TrainingConfig.model_validate(values))


def fitted(given: Training) -> Fitted:
    return fit(given.build, given.datasets, given.model, given.training)


def alarms(findings: tuple) -> list[str]:
    return [str(finding.cause) for finding in findings if finding.severity >= Severity.WARNING]


def test_a_training_that_goes_well_raises_no_alarm() -> None:
    assert alarms(examine_start(training(), SETTINGS)) == []
    examined = examine(training(), fitted(training()), SETTINGS)
    assert alarms(examined.findings) == []
    assert not examined.poor
    assert examined.training_skill is not None
    assert examined.training_skill > 0.8


@pytest.mark.slow
def test_a_rate_that_is_too_high_is_found_and_its_remedy_proven() -> None:
    bad = fitted(training(learning_rate=10.0))
    examined = examine(training(learning_rate=10.0), bad, SETTINGS)
    assert examined.poor
    tried = examine_with_trials(training(learning_rate=10.0), bad, examined.findings, SETTINGS)
    assert tried.findings[0].cause == "learning_rate_high"
    assert "Tried: " in tried.findings[0].message
    restored = Examination.from_dict(json.loads(json.dumps(tried.to_dict(), allow_nan=False)))
    assert restored == tried


def test_a_training_that_diverged_is_examined_as_far_as_it_came() -> None:
    def spoil(features: np.ndarray) -> None:
        features[20, 3, 2] = np.inf

    with pytest.raises(TrainingDivergedError) as raised:
        fitted(training(spoil))
    assert not raised.value.fitted.history.size
    assert len(raised.value.fitted.record.epochs) == 1
    examined = examine(training(spoil), raised.value.fitted, SETTINGS)
    assert examined.poor
    assert examined.findings[0].cause == "non_finite_data"


def test_to_examine_a_training_changes_nothing_of_it() -> None:
    before = fitted(training())
    digest = weights_digest(before.model)
    examine(training(), before, SETTINGS)
    assert weights_digest(before.model) == digest == weights_digest(fitted(training()).model)
