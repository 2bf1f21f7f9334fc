"""The heat map of the label audit shows the suspects, or says that there can be none."""

import numpy as np
import pandas as pd

from soundcheck.audit.label_audit import LabelAudit
from soundcheck.displays.label_audit import LabelAuditDisplay

LABELS = ("go", "no", "up")


def audit(suspects: list[tuple[str, str, int]], obstacle: str | None = None) -> LabelAudit:
    """Suspects by label, suggestion and number, among a hundred clips more."""
    pairs = [(given, suggested) for given, suggested, count in suspects for _ in range(count)]
    table = pd.DataFrame(pairs + [("go", "go")] * 100, columns=["label", "suggested_label"])
    is_suspect = np.arange(len(table)) < len(pairs)
    return LabelAudit(LABELS, table.assign(is_suspect=is_suspect, rank=table.index + 1), 0.9, obstacle)


def test_it_shows_the_suspects_only() -> None:
    display = LabelAuditDisplay(audit([("go", "no", 3), ("no", "up", 7), ("up", "go", 1)])).plot()
    shown = display.image_.get_array()
    assert shown.mask.diagonal().all()
    assert shown.filled(0).tolist() == [[0, 3, 0], [0, 0, 7], [1, 0, 0]]
    assert [text.get_text() for text in display.ax_.texts] == ["3", "7", "1"]
    assert display.ax_.get_title() == "11 of 111 labels are suspected"


def test_no_suspect_is_an_empty_map(tmp_path) -> None:
    display = LabelAuditDisplay(audit([]))
    assert display.save(tmp_path / "audit.png").read_bytes().startswith(b"\x89PNG")
    assert not display.ax_.texts


def test_what_cannot_be_judged_is_said() -> None:
    display = LabelAuditDisplay(audit([], obstacle="there are too few clips")).plot()
    assert display.ax_.get_title() == "The labels cannot be judged"
