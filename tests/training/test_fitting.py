"""Fitting: only validation selects, the same seed gives the same weights, and divergence is said."""

from collections.abc import Callable
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from soundcheck.config import ModelConfig, TrainingConfig
from soundcheck.errors import SoundcheckError
from soundcheck.models import builder
from soundcheck.training.fitted import Fitted, weights_digest
from soundcheck.training.fitting import fit

SHAPE = (24, 8)
LABELS = ["go", "no", "up"]
CLIPS = {"train": 192, "validation": 60, "test": 60}
HISTORY_COLUMNS = [
    *("epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"),
    *("test_loss", "test_accuracy", "learning_rate", "seconds"),
]


def examples(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bump in a band of the label's own: learnable, not at once."""
    rng = np.random.default_rng(list(CLIPS).index(split))
    labels = rng.integers(0, len(LABELS), CLIPS[split])
    features = rng.normal(5, 1, size=(CLIPS[split], *SHAPE))
    features[np.arange(len(labels)), 10:14, labels] += 6
    return features.astype(np.float32), labels


def datasets(test_labels_permuted: bool = False, **replaced: tf.data.Dataset) -> SimpleNamespace:
    keras.utils.set_random_seed(0)  # a shuffle's order depends on TensorFlow's global seed as well
    made = {}
    for split in CLIPS:
        features, labels = examples(split)
        if split == "test" and test_labels_permuted:
            labels = np.random.default_rng(9).permutation(labels)
        dataset = tf.data.Dataset.from_tensor_slices((features, labels))
        made[split] = (dataset.shuffle(192, seed=1) if split == "train" else dataset).batch(32)
    return SimpleNamespace(**{**made, **replaced}, labels=LABELS)


def small(shape: tuple[int, int], label_count: int, width: float = 1.0) -> keras.Model:
    """A network with all that has a state: normalization, batch normalization and dropout."""
    features = keras.Input(shape, name="features")
    x = keras.layers.Normalization(name="normalization")(features)
    x = keras.layers.Conv1D(round(8 * width), 3, activation="relu", name="convolution")(x)
    x = keras.layers.BatchNormalization(momentum=0.9, name="batch_normalization")(x)
    x = keras.layers.GlobalMaxPooling1D(name="pooling")(x)
    x = keras.layers.Dropout(0.3, name="dropout")(x)
    return keras.Model(features, keras.layers.Dense(label_count, name="logits")(x), name="small")


def run(
    data: SimpleNamespace | None = None,
    build: Callable[..., keras.Model] = small,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
    **settings: object,
) -> Fitted:
    training = TrainingConfig.model_validate({"epochs": 4, "learning_rate": 0.02, **settings})
    return fit(build, data or datasets(), ModelConfig(), training, on_epoch)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return run()


def test_history_has_a_row_an_epoch(fitted: Fitted) -> None:
    assert list(fitted.history.columns) == HISTORY_COLUMNS
    assert fitted.history["epoch"].tolist() == [1, 2, 3, 4]
    assert np.isfinite(fitted.history.to_numpy(dtype=float)).all()
    assert fitted.history["seconds"].gt(0).all()


def test_it_learns(fitted: Fitted) -> None:
    assert fitted.history["train_loss"].iloc[-1] < fitted.history["train_loss"].iloc[0]
    assert fitted.history["validation_accuracy"].max() > 0.6


def test_the_best_epoch_is_validations_and_its_weights_are_restored(fitted: Fitted) -> None:
    ranked = fitted.history.sort_values(
        ["validation_accuracy", "validation_loss"], ascending=[False, True], kind="stable"
    )
    best = ranked.iloc[0]
    assert fitted.best_epoch == best["epoch"]
    features, labels = examples("validation")
    accuracy = np.mean(fitted.model.predict_on_batch(features).argmax(axis=1) == labels)
    assert accuracy == pytest.approx(best["validation_accuracy"])


def test_the_record_says_which_epoch_the_weights_are_of() -> None:
    features, labels = examples("validation")
    contrary = tf.data.Dataset.from_tensor_slices((features, (labels + 1) % len(LABELS))).batch(32)
    earlier = run(datasets(validation=contrary))  # what is learnt makes it worse
    assert earlier.best_epoch < len(earlier.history)
    assert earlier.record.kept_epoch == earlier.best_epoch - 1
    assert run(epochs=1).record.kept_epoch is None


@pytest.mark.parametrize(
    "build",
    [
        small,
        pytest.param(builder("tc_resnet8"), marks=pytest.mark.slow),
        pytest.param(builder("reference_cnn"), marks=pytest.mark.slow),
    ],
)
def test_the_test_labels_change_neither_the_epoch_nor_a_bit_of_the_weights(
    build: Callable[..., keras.Model],
) -> None:
    straight, permuted = run(build=build), run(datasets(test_labels_permuted=True), build=build)
    assert straight.best_epoch == permuted.best_epoch
    assert weights_digest(straight.model) == weights_digest(permuted.model)
    unlike = straight.history.drop(columns="seconds").compare(permuted.history.drop(columns="seconds"))
    assert "test_loss" in unlike
    assert set(unlike.columns.get_level_values(0)) <= {"test_loss", "test_accuracy"}


def test_a_test_loss_that_is_not_finite_changes_nothing(fitted: Fitted) -> None:
    features, labels = examples("test")
    broken = tf.data.Dataset.from_tensor_slices((features * np.nan, labels)).batch(32)
    assert weights_digest(run(datasets(test=broken)).model) == weights_digest(fitted.model)


def test_another_seed_gives_other_weights(fitted: Fitted) -> None:
    assert weights_digest(run(seed=1).model) != weights_digest(fitted.model)


def test_the_normalization_is_that_of_the_training_features(fitted: Fitted) -> None:
    normalization = fitted.model.get_layer("normalization")
    features, _ = examples("train")
    np.testing.assert_allclose(np.ravel(normalization.mean), features.mean(axis=(0, 1)), rtol=1e-4)
    np.testing.assert_allclose(np.ravel(normalization.variance), features.var(axis=(0, 1)), rtol=1e-3)


def test_the_reference_is_normalized_by_one_mean_of_the_spectrograms() -> None:
    normalization = run(build=builder("reference_cnn"), epochs=1).model.get_layer("normalization")
    features, _ = examples("train")
    assert float(np.squeeze(normalization.mean)) == pytest.approx(features.mean(), rel=1e-4)


def test_every_epoch_is_told_as_it_ends() -> None:
    told: list[dict[str, float]] = []
    fitted = run(on_epoch=lambda row: told.append(dict(row)), epochs=2)
    assert told == fitted.history.to_dict("records")


def test_the_cosine_falls_and_the_constant_does_not(fitted: Fitted) -> None:
    rates = fitted.history["learning_rate"]
    assert rates.iloc[0] == pytest.approx(0.02)
    assert rates.is_monotonic_decreasing
    assert rates.iloc[-1] < 0.004
    constant = run(learning_rate_schedule="constant", epochs=2)
    assert constant.history["learning_rate"].tolist() == pytest.approx([0.02, 0.02])


def test_the_optimizer_is_read_as_flat_scalars(fitted: Fitted) -> None:
    assert fitted.optimizer["name"] == "adam"
    assert fitted.optimizer["beta_1"] == 0.9
    assert fitted.optimizer["learning_rate"] == "CosineDecay"
    assert fitted.optimizer["learning_rate.initial_learning_rate"] == 0.02
    assert fitted.optimizer["learning_rate.decay_steps"] == 4 * 6
    constant = run(learning_rate_schedule="constant", learning_rate=0.001, epochs=1)
    assert constant.optimizer["learning_rate"] == 0.001


def test_divergence_names_the_epoch_and_the_way_out() -> None:
    features, labels = examples("train")
    features[100, 3, 2] = np.inf
    broken = tf.data.Dataset.from_tensor_slices((features, labels)).batch(32)
    with pytest.raises(SoundcheckError, match=r"train_loss is nan in epoch 1.*training\.learning_rate"):
        run(datasets(train=broken))


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_an_empty_split_is_named(split: str) -> None:
    with pytest.raises(SoundcheckError, match=f"no clip in the split '{split}'"):
        run(datasets(**{split: getattr(datasets(), split).take(0)}))


def test_a_last_batch_of_one_clip_is_no_trouble() -> None:
    features, labels = examples("train")
    odd = tf.data.Dataset.from_tensor_slices((features[:33], labels[:33])).batch(32)
    assert np.isfinite(run(datasets(train=odd), epochs=1).history["train_loss"]).all()


def test_the_model_is_not_compiled(fitted: Fitted) -> None:
    assert isinstance(fitted.model, keras.Model)
    assert not fitted.model.compiled
