"""The errors that a user can mend. The command line prints them without a traceback."""

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'training.epochs'?`, or nothing where no known name is close."""
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.5)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""


class SoundcheckError(Exception):
    """Something that the user can mend; the message names what was received and the way out."""


class ConfigError(SoundcheckError):
    """An option or a configuration key that does not exist or has an impossible value."""


class SourceError(SoundcheckError):
    """A data source that cannot be read: missing, empty, without audio, with one label, unsafe."""


class DownloadError(SoundcheckError):
    """The public archive could not be fetched, or what arrived is not what was promised.

    `transient` says whether trying again may help: true for a lost connection, a timeout or a server's
    own fault, false for an address that does not exist.
    """

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class ClipChangedError(SoundcheckError):
    """A clip whose bytes are no longer those that ingest listed."""


class ValidationFailedError(SoundcheckError):
    """A critical expectation on the data does not hold."""


class StoreError(SoundcheckError):
    """The store cannot be written: the disk is full or the folder is not ours."""
