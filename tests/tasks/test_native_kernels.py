"""What TensorFlow's own kernels must survive in our processes."""

import os
import subprocess
import sys

import pytest

FIT = """
import tasks
import keras
import numpy as np

from soundcheck.models import builder

model = builder("tc_resnet8")((98, 40), 8, width=0.25)
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(np.ones((1, 98, 40), "float32"), np.zeros(1), epochs=50, verbose=0)
print("alive")
"""


@pytest.mark.slow
def test_a_batch_of_one_clip_corrupts_no_memory() -> None:
    """With oneDNN's kernels this ended by SIGSEGV or SIGABRT in every trial on a processor with AVX-512."""
    environment = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(
        [sys.executable, "-c", FIT],
        env=environment | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr[-2000:]
