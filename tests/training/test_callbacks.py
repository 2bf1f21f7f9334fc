"""The progress bar of fitting: one step a batch, with the running figures behind it."""

import io

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from soundcheck.training.callbacks import ProgressBar


def test_the_bar_counts_batches_and_shows_the_running_loss() -> None:
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse", metrics=[keras.metrics.MeanAbsoluteError(name="accuracy")])
    clips = tf.data.Dataset.from_tensors((np.ones((4, 2)), np.ones(4))).repeat(3)
    drawn = io.StringIO()
    with tqdm(total=6, file=drawn, mininterval=0) as bar:
        model.fit(clips, epochs=2, verbose=0, shuffle=False, callbacks=[ProgressBar(bar)])
        assert bar.n == 6
    assert "fit, epoch 2" in drawn.getvalue()
    assert "loss=" in drawn.getvalue()
    assert "accuracy=" in drawn.getvalue()
