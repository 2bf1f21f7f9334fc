"""Manifests made by hand, as the suite over clips takes them."""

import pandas as pd

LABELS = ("no", "yes")
CLIPS_PER_LABEL = 20
MEASURED = [
    "duration_s",
    "file_duration_s",
    "rms",
    "peak",
    "dc_offset",
    "clipped_fraction",
    "flat_top_fraction",
    "edge_level_db",
    "speech_contrast_db",
    "longest_constant_ms",
    "bandwidth_hz",
]
LIMITS = {
    "max_bad_fraction": 0.05,
    "expected_labels": (),
    "min_clips_per_label": 5,
    "min_speakers_per_label": 5,
    "max_label_ratio": 5.0,
    "min_duration_s": 0.5,
    "max_duration_s": 1.5,
    "full_duration_s": 1.0,
    "min_rms": 0.0003,
    "min_peak": 0.005,
    "max_clipped_fraction": 0.01,
    "max_flat_top_fraction": 0.005,
    "max_constant_ms": 5.0,
    "max_dc_offset": 0.02,
    "min_speech_contrast_db": 6.0,
    "max_edge_level_db": -6.0,
    "min_bits": 16,
    "min_bandwidth_fraction": 0.6,
}


def manifest(labels=LABELS, clips_per_label: int = CLIPS_PER_LABEL) -> pd.DataFrame:
    """Clips without a defect."""
    paths = [f"{label}/{number:03}.wav" for label in labels for number in range(clips_per_label)]
    return pd.DataFrame(
        {
            "clip_digest": [f"digest of {path}" for path in paths],
            "path": paths,
            "label": [path.split("/")[0] for path in paths],
            "speaker": [path[-7:-4] for path in paths],
            "split": "train",
            "sample_rate_hz": 16000,
            "channels": 1,
            "bits": 16,
            "frames": 16000,
            "duration_s": 1.0,
            "file_duration_s": 1.0,
            "rms": 0.1,
            "peak": 0.5,
            "dc_offset": 0.0,
            "clipped_fraction": 0.0,
            "flat_top_fraction": 0.0,
            "edge_level_db": -40.0,
            "speech_contrast_db": 40.0,
            "longest_constant_ms": 0.0,
            "bandwidth_hz": 8000.0,
            "decodable": True,
            "reason": "",
            "near_duplicate_group": "",
        }
    )


def with_values(column: str, *values: object) -> pd.DataFrame:
    """A manifest whose first rows have other values in one column."""
    frame = manifest()
    for row, value in enumerate(values):
        frame.loc[row, column] = value
    return frame


def with_unreadable(rows: int, frame: pd.DataFrame | None = None, reason="not a WAV file") -> pd.DataFrame:
    """A manifest whose first rows could not be decoded, as ingest writes them."""
    frame = manifest() if frame is None else frame
    frame.loc[: rows - 1, "decodable"] = False
    frame.loc[: rows - 1, "reason"] = reason
    frame.loc[: rows - 1, "split"] = ""
    frame.loc[: rows - 1, MEASURED] = float("nan")
    frame.loc[: rows - 1, ["sample_rate_hz", "channels", "bits", "frames"]] = 0
    return frame
