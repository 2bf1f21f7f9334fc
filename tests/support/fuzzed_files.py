"""Audio files with mutations in them, and as a program: decodes those that native code is asked to read.

python fuzzed_files.py COUNT SEED prints a line for each file before it is decoded, and one at the end, so
that whoever listens can tell at which file a decoder crashed or hung.
"""

import random
import sys
from collections.abc import Callable, Iterator

import numpy as np
from audio_files import crc, flac_file, mp3_file, pcm16, tone, tone_as_mp3, with_checksums

from soundcheck.data.audio import UndecodableError, decode

HEADER_REACHES = (30, 60, 120)
EXTREMES = (bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0")


def mutated(data: bytes, generator: random.Random) -> bytes:
    """The file with some bytes of its header, or now and then of its body, changed, lost or made up."""
    changed = bytearray(data)
    reach = generator.choice((*HEADER_REACHES, len(data)))
    for _ in range(generator.choice((1, 2, 4, 12))):
        place = generator.randrange(min(reach, len(changed)))
        kind = generator.random()
        if kind < 0.6:
            changed[place] = generator.randrange(256)
        elif kind < 0.75:
            changed[place : place + 4] = generator.choice(EXTREMES)
        elif kind < 0.85:
            del changed[place : place + generator.randrange(1, 30)]
            changed = changed or bytearray(1)
        else:
            changed[place:place] = generator.randbytes(generator.randrange(1, 20))
    cut = generator.randrange(len(changed)) if generator.random() < 0.1 else len(changed)
    return bytes(changed[:cut])


def with_mutated_frame(data: bytes, generator: random.Random) -> bytes:
    """A FLAC file whose last frame holds nonsense under a right checksum."""
    start = max(data.rfind(b"\xff\xf8"), data.rfind(b"\xff\xf9"))
    frame = bytearray(data[start:-2])
    for _ in range(generator.choice((1, 3, 10))):
        frame[generator.randrange(min(9, len(frame) - 1), len(frame))] = generator.randrange(256)
    return data[:start] + frame + crc(frame, 16, 0x8005).to_bytes(2, "big")


def compressed_files() -> dict[str, list[bytes]]:
    """By suffix: sound as encoders write it, and as `audio_files` does."""
    import tensorflow_io as tfio

    mono = tone(seconds=0.2)[:, None]
    stereo = np.repeat(tone(44100, seconds=0.1)[:, None], 2, axis=1)
    return {
        ".flac": [
            tfio.audio.encode_flac(pcm16(mono), 16000).numpy(),
            tfio.audio.encode_flac((stereo * 2**31).astype(np.int32), 44100).numpy(),
            flac_file(pcm16(mono[:2000])),
        ],
        ".mp3": [
            tone_as_mp3("mono_200ms"),
            tone_as_mp3("stereo_100ms"),
            mp3_file(10, promised=10),
        ],
        ".ogg": [
            tfio.audio.encode_vorbis(stereo.astype(np.float32), 44100).numpy(),
            tfio.audio.encode_vorbis(stereo[:, :1].astype(np.float32), 44100).numpy(),
        ],
    }


def fuzzed_files(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Suffixes and mutated files; half of them with checksums that are right all the same."""
    generator = random.Random(seed)  # noqa: S311
    originals = compressed_files()
    repaired: dict[str, Callable[[bytes], bytes]] = {
        ".flac": lambda data: with_mutated_frame(data, generator),
        ".mp3": lambda data: mutated(data, generator),
        ".ogg": lambda data: with_checksums(mutated(data, generator)),
    }
    for number in range(count):
        suffix = tuple(originals)[number % len(originals)]
        original = generator.choice(originals[suffix])
        yield suffix, repaired[suffix](original) if generator.random() < 0.5 else mutated(original, generator)


def main(count: int, seed: int) -> None:
    for number, (suffix, data) in enumerate(fuzzed_files(count, seed)):
        sys.stdout.write(f"{number} {suffix}\n")
        sys.stdout.flush()
        try:
            clip = decode(data, suffix)
        except UndecodableError:
            continue
        if not np.isfinite(clip.samples).all() or np.abs(clip.samples).max() > 1:
            raise ValueError(f"file {number}: samples beyond full scale")
    sys.stdout.write("all decoded or refused\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
