import numpy as np
import pytest
from PIL import Image

from soundcheck.config import FeaturesConfig
from soundcheck.displays.clip_spectrograms import clip_spectrograms
from soundcheck.features.spectrogram import geometry


@pytest.mark.parametrize("features", [FeaturesConfig(), FeaturesConfig(kind="stft")])
def test_each_clip_has_a_picture_of_its_own(features, tmp_path):
    shape = geometry(features, 16000)
    clips = np.random.default_rng(0).uniform(0, 1, (2, shape.frames, shape.bins)).astype(np.float32)
    clips[1, : shape.frames // 2] = 0
    pictures = list(clip_spectrograms(clips, features, 16000))
    assert len(set(pictures)) == 2
    assert max(map(len, pictures)) < 150_000
    assert list(clip_spectrograms(clips[1:], features, 16000)) == pictures[1:]
    (tmp_path / "picture.png").write_bytes(pictures[1])
    with Image.open(tmp_path / "picture.png") as picture:
        pixels = np.asarray(picture.convert("L"), float)
    silent, loud = pixels[40:150, 100:300], pixels[40:150, 400:600]
    assert silent.mean() < loud.mean() - 20


def test_silence_and_no_clip_are_drawn_without_a_warning():
    assert len(list(clip_spectrograms(np.zeros((1, 98, 40), np.float32), FeaturesConfig(), 16000))) == 1
    assert list(clip_spectrograms(np.zeros((0, 98, 40), np.float32), FeaturesConfig(), 16000)) == []
