import hashlib
import json
import shutil
from dataclasses import fields

import numpy as np
import pytest
from scipy.io import wavfile

from soundcheck.config import DataConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import describe, labels_of, read_manifest, write_manifest
from soundcheck.data.quality import Quality
from soundcheck.data.sources import Source
from soundcheck.errors import SourceError

COLUMNS = [
    *("clip_digest", "path", "label", "speaker", "split", "file", "file_digest", "sample_rate_hz"),
    *("channels", "bits", "start_frame", "frames", "duration_s", "file_duration_s"),
    *(field.name for field in fields(Quality)),
    *("decodable", "reason"),
]
RANDOM = DataConfig(split="random")


def listed(folder, data=RANDOM):
    return build_manifest(Source(folder, digest=""), data, clip_duration_ms=1000)


@pytest.fixture
def folder(speech_folder, tmp_path):
    """A copy of the real clips that a test may change."""
    return shutil.copytree(speech_folder, tmp_path / "speech")


def test_real_clips(speech_folder):
    manifest = listed(speech_folder)
    assert list(manifest.columns) == COLUMNS
    assert len(manifest) == 200
    assert manifest["path"].is_monotonic_increasing
    assert manifest["decodable"].all()
    assert (manifest["reason"] == "").all()
    assert manifest["split"].value_counts().to_dict() == {"train": 160, "validation": 20, "test": 20}
    assert labels_of(manifest) == ["down", "go", "left", "no", "right", "stop", "up", "yes"]
    row = manifest.iloc[0]
    _, samples = wavfile.read(speech_folder / row["path"])
    samples = samples / 32768
    assert row["clip_digest"] == hashlib.sha256((speech_folder / row["path"]).read_bytes()).hexdigest()
    assert row["frames"] == len(samples)
    assert row["rms"] == pytest.approx(np.sqrt(np.mean(samples**2)))
    assert row["peak"] == pytest.approx(np.abs(samples).max())
    assert row["dc_offset"] == pytest.approx(samples.mean())


def test_bad_clips_are_set_aside_with_their_reason(folder):
    whole = sorted((folder / "yes").iterdir())[0].read_bytes()
    bad = {
        "yes/empty.wav": (b"", "empty file"),
        "yes/page.wav": (b"<html>" * 100, "not audio"),
        "yes/short.wav": (whole[:1000], "truncated"),
    }
    for path, (data, _) in bad.items():
        (folder / path).write_bytes(data)
    (folder / "yes/gone.wav").symlink_to(folder / "nowhere.wav")
    manifest = listed(folder)
    aside = manifest[~manifest["decodable"]].set_index("path")
    assert len(aside) == 4
    assert (aside["split"] == "").all()
    assert aside["rms"].isna().all()
    assert aside.loc["yes/gone.wav", "reason"] == "cannot be read: No such file or directory"
    for path, (_, reason) in bad.items():
        assert reason in aside.loc[path, "reason"]
    assert len(manifest[manifest["split"] != ""]) == 200


def test_clipping_and_offset_are_measured(folder):
    square = np.tile(np.array([32767, -32768, 0, 0], np.int16), 4000)
    wavfile.write(folder / "yes/clipped.wav", 16000, square)
    wavfile.write(folder / "yes/offset.wav", 16000, np.full(16000, 8192, np.int16))
    manifest = listed(folder).set_index("path")
    assert manifest.loc["yes/clipped.wav", "clipped_fraction"] == pytest.approx(0.5)
    assert manifest.loc["yes/offset.wav", "dc_offset"] == pytest.approx(0.25)


def test_describe_is_json_and_counts_what_is_odd(folder):
    first, *_ = sorted((folder / "go").iterdir())
    shutil.copy(first, folder / "go/again.wav")
    wavfile.write(folder / "no/stereo.wav", 16000, np.full((16000, 2), 99, np.int16))
    wavfile.write(folder / "no/cd.wav", 44100, np.full(88200, 99, np.int16))
    (folder / "no/empty.wav").write_bytes(b"")
    description = json.loads(json.dumps(describe(listed(folder), 16000)))
    assert description["clips"] == 204
    assert description["labels"] == {"down": 25, "go": 26, "left": 25, "no": 27} | dict.fromkeys(
        ["right", "stop", "up", "yes"], 25
    )
    assert description["converted"] == 2
    assert description["duplicates"] == 2
    assert description["longest_s"] == 1.0
    assert description["parts"] == 1
    assert description["channels"] == {"1": 202, "2": 1}
    assert description["sample_rates_hz"] == {"16000": 202, "44100": 1}
    assert description["set_aside"] == [{"path": "no/empty.wav", "reason": "empty file"}]
    assert sum(description["splits"]["train"].values()) == 162


def test_parquet_round_trip_with_the_same_bytes(speech_folder, tmp_path):
    for name in ("a", "b"):
        write_manifest(listed(speech_folder), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_manifest(tmp_path / "a").equals(listed(speech_folder))


@pytest.mark.parametrize(
    ("good", "message"),
    [((), r"none of the 2 clips .* no/a\.wav: empty file"), (("yes",), "only the label 'yes'")],
)
def test_too_few_labels_that_can_be_decoded(tmp_path, good, message):
    for label in ("no", "yes"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "a.wav").write_bytes(b"")
        if label in good:
            wavfile.write(tmp_path / label / "a.wav", 16000, np.ones(16000, np.int16))
    with pytest.raises(SourceError, match=message):
        listed(tmp_path)
