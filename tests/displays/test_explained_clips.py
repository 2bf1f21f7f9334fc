from io import BytesIO

import numpy as np
import pytest

from soundcheck.config import FeaturesConfig
from soundcheck.displays.explained_clips import explained_clips
from soundcheck.evaluation.confusions import JudgedClip
from soundcheck.evaluation.error_analysis import Explained
from soundcheck.evaluation.saliency import Saliency


def explained(count, label="go"):
    features = np.random.default_rng(0).normal(size=(count, 98, 40)).astype(np.float32)
    clips = tuple(JudgedClip(f"{n}.wav", "", label, "no", 0.9, 0.05, 0.8) for n in range(count))
    return Explained(clips, features, Saliency(features[::-1], np.ones(count), np.zeros(count)))


@pytest.mark.parametrize("label", ["go", "$x_$" * 80])
def test_each_mistake_has_a_picture_of_its_own(label):
    from PIL import Image

    pictures = list(explained_clips(explained(2, label), FeaturesConfig(), 16000))
    assert len(set(pictures)) == 2
    with Image.open(BytesIO(pictures[0])) as picture:
        assert (picture.format, picture.width) == ("PNG", 880)


def test_without_mistakes_there_is_none():
    assert list(explained_clips(explained(0), FeaturesConfig(), 16000)) == []
