import os

import pytest

from soundcheck.data.regular_files import read_file


def test_a_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"sound")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert read_file(str(tmp_path / "a")) == read_file(str(tmp_path / "link")) == b"sound"


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_not_a_file_is_not_waited_for(tmp_path, make):
    make(tmp_path / "a")
    with pytest.raises(OSError, match="not a regular file"):
        read_file(str(tmp_path / "a"))


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_file(str(tmp_path / "a"))
