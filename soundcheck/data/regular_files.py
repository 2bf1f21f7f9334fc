"""Reading what lies in a folder of clips, which need not be a file: a pipe would be waited on for ever."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO


def read_file(path: str) -> bytes:
    """The bytes of a file, without a `Path` and a buffer, which would double the time to read a clip.

    Raises:
        OSError: it cannot be read, or is a pipe, a socket or a device.
    """
    with FileIO(path, opener=_open_regular) as file:
        return file.readall()


def _open_regular(path: str, flags: int) -> int:
    """Opens without waiting for who writes to a pipe."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a regular file", path)
