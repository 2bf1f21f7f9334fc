"""A folder with every kind of broken file in it: each is named with its reason, the good ones are whole."""

import re

import pytest

from soundcheck.config import DataConfig
from soundcheck.data.listing import build_manifest
from soundcheck.data.manifest import describe
from soundcheck.data.sources import locate


@pytest.fixture(scope="module")
def listed(broken_folder, tmp_path_factory):
    folder, reasons = broken_folder
    data = DataConfig(source=str(folder))
    source = locate(data, tmp_path_factory.mktemp("home"))
    return build_manifest(source, data, clip_duration_ms=1000).set_index("path"), reasons


def test_each_broken_file_is_set_aside_for_its_reason(listed):
    manifest, reasons = listed
    assert len(reasons) >= 40
    for path, reason in reasons.items():
        row = manifest.loc[path]
        assert re.search(reason, row["reason"]), (path, row["reason"])
        assert (row["decodable"], row["split"]) == (False, "")


def test_the_good_ones_are_listed_and_nothing_else(listed):
    manifest, reasons = listed
    good = manifest.drop(list(reasons))
    assert good["decodable"].all()
    assert good["label"].value_counts().eq(25).all()
    assert len(good) == 8 * 25


def test_the_description_names_them(listed):
    manifest, reasons = listed
    assert {one["path"] for one in describe(manifest.reset_index(), 16000)["set_aside"]} == set(reasons)
