import io
import stat
import tarfile
import zipfile

import numpy as np
import pytest

from soundcheck.data import archive as archive_module
from soundcheck.data.archive import is_archive, unpack
from soundcheck.errors import SourceError, StoreError

CONTENT = {"words/no/a.wav": b"a" * 2000, "words/yes/b.wav": b"b" * 3000}


def make_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def make_tar(path, members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def unpacked(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def check_refused(archive, folder, match):
    with pytest.raises(SourceError, match=match) as raised:
        unpack(archive, folder)
    assert archive.name in str(raised.value)
    assert not folder.exists()
    assert not list(folder.parent.glob(f".{folder.name}*"))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home" / "unpacked"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_of_every_compression(tmp_path, folder, mode):
    archive = make_tar(tmp_path / "words.tar", CONTENT.items(), mode)
    assert is_archive(archive)
    unpack(archive, folder)
    assert unpacked(folder) == CONTENT


def test_zip_without_its_junk(tmp_path, folder):
    junk = {"__MACOSX/words/no/._a.wav": b"x", "words/.DS_Store": b"x", ".hidden/a.wav": b"x"}
    unpack(make_zip(tmp_path / "words.zip", [*CONTENT.items(), *junk.items()]), folder)
    assert unpacked(folder) == CONTENT
    assert [path.name for path in folder.parent.iterdir()] == ["unpacked"]


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("name", ["../out.wav", "/out.wav", "no/../../out.wav", "..\\out.wav", "C:\\out.wav"])
def test_a_member_that_leaves_the_folder_is_refused(tmp_path, folder, make, name):
    check_refused(make(tmp_path / "evil", [("no/a.wav", b"a"), (name, b"x")]), folder, "leaves the folder")
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, folder, kind):
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        entry = tarfile.TarInfo("no/a.wav")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    check_refused(tmp_path / "evil.tar", folder, "'no/a.wav' is a link or a device")


def test_a_symbolic_link_in_a_zip_is_refused(tmp_path, folder):
    entry = zipfile.ZipInfo("no/a.wav")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    check_refused(make_zip(tmp_path / "evil.zip", [(entry, "/etc/passwd")]), folder, "is a link or a device")


def test_a_bomb_is_refused(tmp_path, folder):
    check_refused(make_zip(tmp_path / "bomb.zip", [("no/a.wav", bytes(110_000_000))]), folder, "200 times")


def test_too_much_in_all_is_refused(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(archive_module, "HIGHEST_UNPACKED_BYTES", 4000)
    check_refused(
        make_zip(tmp_path / "big.zip", CONTENT.items()), folder, "'words/yes/b.wav' unpacks to more"
    )


def test_too_many_members_are_refused(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(archive_module, "HIGHEST_MEMBERS", 1)
    check_refused(make_zip(tmp_path / "many.zip", CONTENT.items()), folder, "more than 1 members")


def test_an_encrypted_zip_is_refused(tmp_path, folder):
    data = bytearray(make_zip(tmp_path / "secret.zip", CONTENT.items()).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "secret.zip").write_bytes(data)
    check_refused(tmp_path / "secret.zip", folder, "is encrypted")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("second", ["no/a.wav", "./no//a.wav"])
def test_a_member_that_comes_twice_is_refused(tmp_path, folder, make, second):
    check_refused(make(tmp_path / "twice", [("no/a.wav", b"1"), (second, b"2")]), folder, "comes twice")


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path, folder):
    check_refused(
        make_zip(tmp_path / "long.zip", [("no/" + "a" * 300 + ".wav", b"1")]), folder, "cannot be written"
    )


def test_a_file_where_a_folder_must_be_is_refused(tmp_path, folder):
    check_refused(
        make_zip(tmp_path / "odd.zip", [("no", b"1"), ("no/a.wav", b"1")]), folder, "cannot be written"
    )


def test_a_wrong_checksum_is_damage(tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "words.zip", "w") as archive:
        archive.writestr("no/a.wav", b"a" * 2000)
    data = (tmp_path / "words.zip").read_bytes()
    (tmp_path / "words.zip").write_bytes(data.replace(b"aaaa", b"aaba", 1))
    check_refused(tmp_path / "words.zip", folder, "damaged")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_truncated_tar_is_damage(tmp_path, folder, mode):
    noise = np.random.default_rng(0).bytes(40_000)
    archive = make_tar(tmp_path / "words.tar", [("no/a.wav", noise), ("yes/b.wav", noise)], mode)
    archive.write_bytes(archive.read_bytes()[:30_000])
    check_refused(archive, folder, "damaged")


def test_an_interrupt_leaves_nothing(tmp_path, folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(archive_module._Unpacking, "_check_size", interrupted)
    with pytest.raises(KeyboardInterrupt):
        unpack(make_zip(tmp_path / "words.zip", CONTENT.items()), folder)
    assert list(folder.parent.iterdir()) == []


def test_a_full_disk_is_a_store_error(tmp_path, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive_module._Unpacking, "_check_size", full)
    with pytest.raises(StoreError, match="No space left"):
        unpack(make_zip(tmp_path / "words.zip", CONTENT.items()), folder)
    assert list(folder.parent.iterdir()) == []
