"""10 000 files with damaged headers, and some with damaged bodies: none crashes the reader, none hangs it."""

import contextlib
import os
import random
import selectors
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from audio_files import pcm16, tone, wav_file
from fuzzed_files import mutated

from soundcheck.data.audio import UndecodableError, decode

WAV_FILES, COMPRESSED_FILES = 4000, 6000
START_SECONDS, FILE_SECONDS = 120, 20
PROGRAM = Path(__file__).resolve().parent.parent / "support" / "fuzzed_files.py"


def test_fuzzed_wav_headers():
    generator = random.Random(0)  # noqa: S311
    sound = tone(seconds=0.05)
    originals = [
        wav_file(pcm16(sound)),
        wav_file(sound.astype("<f4"), encoding=3, bits=32),
        wav_file(pcm16(sound), valid_bits=12),
    ]
    decoded = 0
    for _ in range(WAV_FILES):
        with contextlib.suppress(UndecodableError):
            clip = decode(mutated(generator.choice(originals), generator), ".wav")
            assert np.isfinite(clip.samples).all()
            assert np.abs(clip.samples).max() <= 1
            decoded += 1
    assert 0.05 * WAV_FILES < decoded < 0.8 * WAV_FILES  # the mutations hit, and do not destroy all


@pytest.mark.slow  # imports TensorFlow in a process of its own, which may crash
def test_fuzzed_headers_of_compressed_files():
    command = [sys.executable, str(PROGRAM), str(COMPRESSED_FILES), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        last = last_words(process)
    assert last == "all decoded or refused", f"a decoder crashed or hung at file {last} of {command}"


def last_words(process):
    """The last line that a process printed before it ended, or before it was silent for too long."""
    output, last, wait = b"", "", START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(wait):
            read = os.read(process.stdout.fileno(), 65536)
            if not read:
                return last
            *lines, output = (output + read).split(b"\n")
            last, wait = (lines[-1].decode() if lines else last), FILE_SECONDS
    process.kill()
    return last
