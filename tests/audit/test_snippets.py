"""Snippets: levels that do not depend on where the word is, filters that find what they were made from."""

import numpy as np
import pytest

from soundcheck.audit.snippets import REGIONS, best_matches, centred_levels, level_step_ms, snippet_filters
from soundcheck.config import FeaturesConfig

STFT = FeaturesConfig(kind="stft", frame_length_ms=20, frame_step_ms=10)


def bursts(starts: list[int], frames: int = 100, bins: int = 20) -> np.ndarray:
    """Magnitudes of the same sound, begun at different frames."""
    sound = np.random.default_rng(0).uniform(1, 2, (20, bins)).astype(np.float32)
    clips = np.zeros((len(starts), frames, bins), np.float32)
    for clip, start in zip(clips, starts, strict=True):
        clip[start : start + len(sound)] = sound
    return clips


def noise(clips: int, frames: int = 100, bins: int = 20) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(clips, frames, bins)).astype(np.float32)


def test_the_loud_part_is_moved_to_the_middle_wherever_it_was() -> None:
    levels = centred_levels(bursts([3, 40, 71]), STFT)
    np.testing.assert_array_equal(levels[0], levels[1])
    np.testing.assert_array_equal(levels[0], levels[2])
    loud = np.flatnonzero(levels[0].mean(axis=1) > -1)
    assert abs(loud.mean() - 49.5) <= 1


def test_both_kinds_of_features_give_the_same_levels() -> None:
    magnitudes = bursts([10, 30]) + 1
    log_mel = FeaturesConfig(kind="log_mel", frame_length_ms=20, frame_step_ms=10)
    expected = centred_levels(magnitudes, STFT)
    np.testing.assert_allclose(centred_levels(np.log(magnitudes), log_mel), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("step_ms", "frames", "bins", "expected", "expected_step_ms"),
    [
        (10, 98, 40, (98, 40), 10),
        (8, 124, 129, (124, 43), 8),
        (5, 199, 64, (100, 64), 10),
        (2, 9, 65, (2, 33), 10),
    ],
)
def test_fine_frames_and_bins_are_merged(
    step_ms: float, frames: int, bins: int, expected: tuple[int, int], expected_step_ms: float
) -> None:
    config = FeaturesConfig(kind="stft", frame_step_ms=step_ms)
    levels = centred_levels(np.full((2, frames, bins), 3, np.float32), config)
    assert levels.shape == (2, *expected)
    assert level_step_ms(config) == expected_step_ms
    # Means and not sums, also of the last cells, which may be of fewer.
    np.testing.assert_allclose(levels, np.log(3.0001), rtol=1e-5)


def test_a_filter_answers_most_to_its_own_snippet() -> None:
    snippets = noise(40, frames=8)  # 80 ms: each is one snippet, so that a filter comes from one of them
    filters = snippet_filters([snippets], 10, 25, np.random.default_rng(0))
    answers = best_matches(snippets, 10, filters)[:, :25]
    second, first = np.sort(answers, axis=0)[-2:]
    assert (first > 2 * second).all()


def test_a_snippet_is_found_wherever_in_a_region_it_is() -> None:
    snippet = noise(1, frames=8)
    silence = np.zeros_like(snippet)
    filters = snippet_filters([np.concatenate([snippet, silence])], 10, 4, np.random.default_rng(0))
    clips = np.zeros((3, 100, 20), np.float32)
    for clip, start in zip(clips, (3, 12, 24), strict=True):  # places are 3 frames apart
        clip[start : start + 8] = snippet
    matches = best_matches(clips, 10, filters)
    np.testing.assert_allclose(matches[:, :4], matches[:1, :4].repeat(3, axis=0), rtol=1e-5)


def test_silence_is_finite_and_alike() -> None:
    silent = centred_levels(np.zeros((3, 50, 16), np.float32), STFT)
    matches = best_matches(silent, 10, snippet_filters([silent], 10, 8, np.random.default_rng(0)))
    assert np.isfinite(matches).all()
    np.testing.assert_array_equal(matches[0], matches[1])


@pytest.mark.parametrize("frames", [1, 3, 8, 9, 12])
def test_very_short_clips_are_described_too(frames: int) -> None:
    levels = noise(4, frames)
    filters = snippet_filters([levels], 10, 5, np.random.default_rng(0))
    matches = best_matches(levels, 10, filters)
    assert matches.shape == (4, REGIONS * 5)
    assert np.isfinite(matches).all()


def test_batches_change_nothing() -> None:
    levels = noise(10)
    filters = snippet_filters([levels], 10, 16, np.random.default_rng(0))
    together = best_matches(levels, 10, filters)
    apart = np.concatenate([best_matches(some, 10, filters) for some in np.split(levels, [3, 6, 9])])
    np.testing.assert_allclose(apart, together, rtol=1e-4, atol=1e-5)
