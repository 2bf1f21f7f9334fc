"""No label, path, speaker or reason is HTML, on any page of the Data Docs."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clip_manifests import LIMITS, manifest

from expectations.checkpoint import run_checkpoints
from expectations.clips import clips_suite
from expectations.failing_clips import write_failing_clips
from expectations.predictions import predictions_suite
from expectations.spectrograms import drift_suite, spectrograms_suite
from expectations.splits import splits_suite

TAG = "<img src=q onerror=alert(1)>"
SHOWN = "&lt;img src=q onerror=alert(1)&gt;"


def clips() -> pd.DataFrame:
    """Of two labels and 40 clips, wrong in every way."""
    frame = manifest((f"{TAG}no", f"{TAG}yes"))
    frame = frame.assign(
        path=frame["label"] + "/" + frame["path"].str[-7:], speaker=TAG, reason=f"damaged {TAG}"
    )
    frame = frame.assign(clip_digest=TAG, file_digest=TAG, near_duplicate_group=TAG, rms=0.0)
    return frame.assign(split=["train", TAG] * 20, decodable=[True, True, True, False] * 10)


def clips_checks():
    limits = {"expected_labels": (TAG, f"{TAG}no"), "min_clips_per_label": 100, "min_speakers_per_label": 2}
    return clips_suite(LIMITS | limits, 16000)


def splits_checks():
    fractions = {"train": 0.8, TAG: 0.2}
    return splits_suite(
        fractions=fractions, speakers_apart=True, max_shared_fraction=0, max_proportion_deviation=0
    )


def spectrograms_checks():
    return spectrograms_suite(frames=98, bins=40, max_constant_fraction=0, min_dynamic_range_nats=4)


def predictions_checks():
    return predictions_suite(labels=[TAG], max_probability_sum_error=0, max_collapse_fraction=0.1)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    """By their place below the Data Docs."""
    frame, folder = clips(), tmp_path_factory.mktemp("pages")
    features = frame.assign(frames=1, bins=1, not_finite=1, dynamic_range=0.0)
    predictions = frame.assign(
        predicted=f"{TAG}yes", not_finite=1, probability_sum=2.0, lowest_probability=np.float32(-1)
    )
    drift = pd.DataFrame({"name": [TAG], "population_stability_index": [1.0]})
    suites = [
        (clips_checks(), frame),
        (splits_checks(), frame),
        (spectrograms_checks(), features),
        (predictions_checks(), predictions),
        (drift_suite(max_population_stability_index=0.25), drift),
    ]
    outcome = run_checkpoints(suites, "all", folder)
    write_failing_clips(
        outcome, folder, dict(zip(frame["path"], frame["label"], strict=True)), lambda _: None
    )
    return {
        page.relative_to(folder).as_posix(): page.read_text(encoding="utf-8")
        for page in folder.rglob("*.html")
    }


def test_there_are_pages_of_all_suites_results_and_clips(pages):
    kinds = [Path(page).parts[0] for page in pages]

    assert (kinds.count("expectations"), kinds.count("validations"), len(kinds)) == (5, 5, 12)


def test_what_comes_from_the_data_is_text(pages):
    for page, html in pages.items():
        assert TAG not in html, page
        assert not re.search(r"<[^>]*\bonerror", html), page


def test_it_is_shown_and_escaped_once(pages):
    of_results = [html for page, html in pages.items() if page.startswith("validations")]

    for html in (*of_results, pages["failing_clips.html"], pages["expectations/clips.html"]):
        assert SHOWN in html
        assert "&amp;lt;" not in html


def test_the_markup_of_great_expectations_stays(pages):
    (page,) = (html for name, html in pages.items() if name.startswith("validations/clips"))

    assert '<i class="fas fa-times text-danger"' in page
    assert "&lt;i class" not in page
    assert "&lt;span" not in page
