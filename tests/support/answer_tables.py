"""Predictions and manifests made by hand, of a model whose probabilities are true, or are not."""

import numpy as np
import pandas as pd

from soundcheck.evaluation.predictions import predictions_table, softmax

LABELS = ("go", "no", "up")


def predictions(clips=600, seed=0, temperature=1.0, split="test"):
    """Labels drawn as softmax(logits) has it, while the model says softmax(logits / temperature)."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=3, size=(clips, len(LABELS))).astype(np.float32)
    true = (softmax(logits).cumsum(axis=1) < generator.random((clips, 1))).sum(axis=1).clip(0, 2)
    rows = pd.DataFrame(
        {
            "path": [f"{LABELS[place]}/{number:05d}.wav" for number, place in enumerate(true)],
            "clip_digest": [f"{number:x}" for number in range(clips)],
            "label": [LABELS[place] for place in true],
            "speaker": [f"s{number % 60}" for number in range(clips)],
            "split": split,
        }
    )
    return predictions_table(rows, softmax(logits / np.float32(temperature)), LABELS)


def with_mistakes(manifest, wrong):
    """A predictions table of these clips that is right but where `wrong`, by one label."""
    places = np.array([LABELS.index(label) for label in manifest["label"]])
    said = np.where(wrong, (places + 1) % len(LABELS), places)
    probabilities = np.full((len(said), len(LABELS)), 0.1, np.float32)
    probabilities[np.arange(len(said)), said] = 0.8
    return predictions_table(manifest.assign(split="test"), probabilities, LABELS)


def manifest(clips=800, seed=0):
    """Clips that differ in the ways that real ones do."""
    generator = np.random.default_rng(seed)
    contrast_db = generator.normal(45, 10, clips)
    contrast_db[::20] = np.nan
    return pd.DataFrame(
        {
            "path": [f"{number:05d}.wav" for number in range(clips)],
            "clip_digest": [f"{number // 2:x}" for number in range(clips)],
            "label": generator.choice(LABELS, clips),
            "speaker": [f"s{number}" for number in generator.integers(0, 40, clips)],
            "source": generator.choice(["phone", "studio"], clips),
            "rms": generator.lognormal(-3, 1, clips),
            "duration_s": np.where(generator.random(clips) < 0.9, 1.0, generator.uniform(0.5, 1, clips)),
            "speech_contrast_db": contrast_db,
            "clipped_fraction": np.where(generator.random(clips) < 0.85, 0.0, generator.random(clips)),
            "sample_rate_hz": 16000,
        }
    )
