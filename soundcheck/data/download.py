"""Fetching one public file: resumed where it was cut off, verified, kept, and asked about before reuse.

Beside `file` stand `file.part` while it is on its way, and `file.json`, which remembers the address, the
ETag, the size and the SHA-256 of what was fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

import requests
from tqdm import tqdm

from soundcheck.errors import DownloadError, StoreError

_CHUNK_BYTES = 1 << 18
_WAYS_OUT = "use --data synthetic, which needs no network, or --data PATH with a local copy"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Record:
    """What is known of the bytes on disk; `sha256` is "" while they are not all there."""

    url: str
    etag: str
    size: int = 0
    sha256: str = ""


def download(url: str, path: Path, timeout_s: float = 30.0) -> None:
    """Fetches `url` into `path`, which is complete and verified or as it was before.

    A file that was fetched before is kept where the server says that it has not changed, or cannot be
    reached. The length is held against Content-Length, the bytes against `x-goog-hash: md5=` or an ETag
    that is an MD5, where the server gives one.

    Args:
        url: the http(s) address.
        path: where the file goes; its folder is made.
        timeout_s: for the connection and for each read, in seconds.

    Raises:
        DownloadError: with `transient` true where trying again may help.
        StoreError: the disk is full or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        earlier = _verified(url, path)
        try:
            _fetch(url, path, earlier, timeout_s)
        except DownloadError as error:
            if earlier is None or not error.transient:
                raise
            _logger.warning("%s; using the copy fetched earlier, %s", error.args[0].split(";")[0], path)
    except OSError as error:  # requests' own errors have become DownloadError by now
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error


def _fetch(url: str, path: Path, earlier: _Record | None, timeout_s: float) -> None:
    part = path.with_name(path.name + ".part")
    headers = {"Accept-Encoding": "identity"}  # lengths and hashes are of the file itself
    if earlier is not None:
        headers["If-None-Match"] = earlier.etag
    else:
        headers |= _resume_headers(url, part)
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout_s) as response:
            if response.status_code == HTTPStatus.NOT_MODIFIED and earlier is not None:
                return
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink(missing_ok=True)  # more is here than there: the next try begins anew
                raise _failed(url, "the server refuses to resume", transient=True)
            _check_status(url, response)
            _receive(url, response, part)
    except requests.RequestException as error:
        raise _failed(url, _cause(error), transient=True) from error
    _finish(url, response, part, path)


def _resume_headers(url: str, part: Path) -> dict[str, str]:
    """Asks for the rest of a part, if that is still the same file."""
    record = _read_record(part)
    if record is None or record.url != url or not record.etag or not part.is_file():
        return {}
    return {"Range": f"bytes={part.stat().st_size}-", "If-Range": record.etag}


def _check_status(url: str, response: requests.Response) -> None:
    status = response.status_code
    if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        transient = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.TOO_MANY_REQUESTS,
        )
        raise _failed(url, f"the server answers {status} {response.reason}", transient=transient)


def _receive(url: str, response: requests.Response, part: Path) -> None:
    resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT
    if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {part.stat().st_size}-"):
        part.unlink()
        raise _failed(url, "the server sends another range than was asked for", transient=True)
    start = part.stat().st_size if resumed else 0
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdigit() else None
    _write_record(part, _Record(url, _strong_etag(response)))
    bar = tqdm(
        total=total, initial=start, desc="download", unit="B", unit_scale=True, disable=None, leave=False
    )
    with part.open("ab" if resumed else "wb") as file, bar:
        for chunk in response.iter_content(_CHUNK_BYTES):
            file.write(chunk)
            bar.update(len(chunk))
    held = part.stat().st_size
    if total is not None and held != total:
        raise _failed(url, f"{held} bytes of {total} arrived", transient=True)


def _finish(url: str, response: requests.Response, part: Path, path: Path) -> None:
    md5_promised = _promised_md5(response)
    md5_held = _digest(part, "md5")
    if md5_promised not in ("", md5_held):
        part.unlink()
        raise _failed(url, f"its MD5 is {md5_held}, the server promises {md5_promised}", transient=True)
    record = _Record(url, _strong_etag(response), part.stat().st_size, _digest(part, "sha256"))
    part.replace(path)
    _write_record(path, record)
    _record_path(part).unlink(missing_ok=True)


def _verified(url: str, path: Path) -> _Record | None:
    """The record of a file that was fetched before and still is what it was then."""
    record = _read_record(path)
    if record is None or record.url != url or not path.is_file() or path.stat().st_size != record.size:
        return None
    return record if _digest(path, "sha256") == record.sha256 else None


def _strong_etag(response: requests.Response) -> str:
    etag = response.headers.get("ETag", "")
    return "" if etag.startswith("W/") else etag


def _promised_md5(response: requests.Response) -> str:
    """The MD5 in hex that the server gives of the whole file, or "" where it gives none."""
    google = re.search(r"md5=([A-Za-z0-9+/]{22}==)", response.headers.get("x-goog-hash", ""))
    if google:
        return base64.b64decode(google.group(1)).hex()
    etag = _strong_etag(response).strip('"')
    return etag if re.fullmatch(r"[0-9a-f]{32}", etag) else ""


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def _record_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _read_record(path: Path) -> _Record | None:
    try:
        return _Record(**json.loads(_record_path(path).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _write_record(path: Path, record: _Record) -> None:
    temporary = path.with_name(path.name + ".json.new")
    temporary.write_text(json.dumps(asdict(record)))
    temporary.replace(_record_path(path))


def _cause(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "the server does not answer in time"
    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text:
        return "its host name cannot be resolved"
    if "refused" in text:
        return "the connection is refused"
    return "the connection broke off" if isinstance(error, requests.ConnectionError) else type(error).__name__


def _failed(url: str, cause: str, *, transient: bool) -> DownloadError:
    return DownloadError(f"cannot download {url}: {cause}; {_WAYS_OUT}", transient=transient)
