"""Receipts: what the store remembers of the runs that show its results."""

from pathlib import Path

import pytest

from tasks.receipts import Receipt, Registration, all_receipts, find_receipt

REGISTRATION = Registration(
    outcome="rebuilt", why="w", model_name="words", model_version="2", champion=False, verdict="fail"
)


def receipt(identity: str = "i1", tracking_uri: str = "sqlite:///a.db", **changes: object) -> Receipt:
    return Receipt.model_validate(
        {
            "tracking_uri": tracking_uri,
            "experiment": "rooms",
            "identity": identity,
            "run_id": "r1",
            "experiment_id": "1",
            "model_id": "m1",
            "mlflow": "3",
            "results": ["results/fit/k1"],
            "content": "c1",
            "registrations": {"words": REGISTRATION},
            **changes,
        }
    )


def unused(found: Receipt | None) -> Receipt:
    assert found is not None
    return found.model_copy(update={"used": ""})


def test_a_receipt_is_found_by_server_experiment_and_identity(tmp_path: Path) -> None:
    receipt().save(tmp_path)
    assert unused(find_receipt(tmp_path, "sqlite:///a.db", "rooms", "i1")) == receipt()
    for other in (
        ("sqlite:///b.db", "rooms", "i1"),
        ("sqlite:///a.db", "halls", "i1"),
        ("sqlite:///a.db", "rooms", "i2"),
    ):
        assert find_receipt(tmp_path, *other) is None


def test_receipts_of_two_servers_stand_side_by_side(tmp_path: Path) -> None:
    mine, theirs = receipt(), receipt(tracking_uri="http://tracking:5000", run_id="r2")
    mine.save(tmp_path)
    theirs.save(tmp_path)
    assert unused(find_receipt(tmp_path, mine.tracking_uri, "rooms", "i1")) == mine
    assert unused(find_receipt(tmp_path, theirs.tracking_uri, "rooms", "i1")) == theirs


def test_saving_again_replaces_and_notes_the_use(tmp_path: Path) -> None:
    for identity in ("i1", "i2"):
        receipt(identity).save(tmp_path)
    receipt("i1", run_id="r2").save(tmp_path)
    found = list(all_receipts(tmp_path).values())
    assert [(one.identity, one.run_id) for one in found] == [("i1", "r2"), ("i2", "r1")]
    assert found[0].used > found[1].used


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"\xff\x00", None], ids=["empty", "other", "no text", "folder"]
)
def test_a_damaged_receipt_is_none(tmp_path: Path, damage: bytes | None) -> None:
    receipt("i2").save(tmp_path)
    [whole] = all_receipts(tmp_path)
    receipt("i1").save(tmp_path)
    [path] = set(all_receipts(tmp_path)) - {whole}
    path.unlink()
    path.mkdir() if damage is None else path.write_bytes(damage)
    assert find_receipt(tmp_path, "sqlite:///a.db", "rooms", "i1") is None
    assert list(all_receipts(tmp_path)) == [whole]
    receipt("i1").save(tmp_path)
    assert unused(find_receipt(tmp_path, "sqlite:///a.db", "rooms", "i1")) == receipt()


def test_a_store_without_receipts_has_none(tmp_path: Path) -> None:
    assert all_receipts(tmp_path / "store") == {}
