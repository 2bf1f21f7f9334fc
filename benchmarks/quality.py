"""How the measures of quality are distributed over the real clips, and what measuring and checking costs.

`python benchmarks/quality.py`
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import numpy as np
from measuring import SAMPLE_RATE_HZ, archive_path

from expectations.checkpoint import run_checkpoint
from expectations.clips import clips_suite
from soundcheck.config import DataConfig, FeaturesConfig, ValidationConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.near_duplicates import mark_near_duplicates
from soundcheck.data.quality import Quality
from soundcheck.data.sources import locate

QUANTILES = (0.0, 0.001, 0.002, 0.05, 0.5, 0.95, 0.998, 0.999, 1.0)
Result = TypeVar("Result")


def timed(name: str, work: Callable[[], Result]) -> Result:
    """Calls a function and prints its CPU time."""
    start_s = time.process_time()
    result = work()
    print(f"{name:24}{time.process_time() - start_s:8.1f} CPU-s")
    return result


def main() -> None:
    """Prints three costs, then one line a measure, over the clips that are not silent."""
    data, limits = DataConfig(source=str(archive_path())), ValidationConfig()
    suite = clips_suite(limits.model_dump(), SAMPLE_RATE_HZ)  # Great Expectations' import is not counted
    with tempfile.TemporaryDirectory() as name:
        source = locate(data, Path(name))
        clips = timed("ingest", lambda: build_manifest(source, data, FeaturesConfig().clip_duration_ms))
        similar = limits.min_near_duplicate_similarity
        marked = timed("near duplicates", lambda: mark_near_duplicates(clips, similar))
        timed("clips suite", lambda: run_checkpoint(suite, marked, "clips", Path(name) / "docs"))
    audible = clips.loc[clips["rms"] >= limits.min_rms].assign(dc_offset=clips["dc_offset"].abs())
    print(f"\n{f'{len(audible)} audible clips':24}" + "".join(f"{quantile:>10.1%}" for quantile in QUANTILES))
    for measure in [field.name for field in fields(Quality) if field.type == "float"]:
        values = np.nanquantile(audible[measure].to_numpy(np.float64), QUANTILES)
        print(f"{measure:24}" + "".join(f"{value:>10.4g}" for value in values))


if __name__ == "__main__":
    main()
