"""The heat map of the label audit shows what is off the diagonal."""

import numpy as np
import pytest

from soundcheck.displays.label_audit import LabelAuditDisplay

JOINT = np.array([[90, 3, 0], [0, 80, 7], [1, 0, 70]])


def test_it_shows_the_wrong_labels_only() -> None:
    display = LabelAuditDisplay(JOINT, ["go", "no", "up"]).plot()
    shown = display.image_.get_array()
    assert shown.mask.diagonal().all()
    np.testing.assert_array_equal(shown.filled(0), JOINT - np.diag(JOINT.diagonal()))
    assert [text.get_text() for text in display.ax_.texts] == ["3", "7", "1"]
    assert display.ax_.get_title() == "About 11 of 251 labels may be wrong"


def test_no_wrong_label_is_an_empty_map(tmp_path) -> None:
    display = LabelAuditDisplay(np.diag([5, 6]), ["go", "no"])
    assert display.save(tmp_path / "audit.png").read_bytes().startswith(b"\x89PNG")
    assert not display.ax_.texts


def test_as_many_labels_as_rows() -> None:
    with pytest.raises(ValueError, match=r"joint has shape \(3, 3\), but there are 2 labels"):
        LabelAuditDisplay(JOINT, ["go", "no"])
