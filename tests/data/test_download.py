import base64
import hashlib
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from soundcheck.data.download import download
from soundcheck.errors import DownloadError

CONTENT = bytes(range(256)) * 4000
ETAG = f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"'


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        settings = self.server.settings
        settings.requests.append(dict(self.headers))
        if settings.status != 200:
            return self.answer(settings.status, {}, b"")
        if self.headers.get("If-None-Match") == settings.etag:
            return self.answer(304, {"ETag": settings.etag}, b"")
        start = 0
        if settings.etag and self.headers.get("If-Range") == settings.etag:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        headers = {"Content-Length": len(settings.content) - start, "ETag": settings.etag, **settings.headers}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(settings.content) - 1}/{len(settings.content)}"
        return self.answer(206 if start else 200, headers, settings.content[start : settings.cut_off_at])

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        settings = SimpleNamespace(
            content=CONTENT, etag=ETAG, headers={}, status=200, cut_off_at=None, requests=[]
        )
        running.settings = settings
        settings.url = f"http://127.0.0.1:{running.server_port}/words.zip"
        settings.stop = running.shutdown
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield settings
        running.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "downloads" / "words.zip"


def test_fetches_once_and_asks_whether_it_changed(server, path):
    download(server.url, path)
    assert path.read_bytes() == CONTENT
    assert sorted(file.name for file in path.parent.iterdir()) == ["words.zip", "words.zip.json"]
    path_time = path.stat().st_mtime_ns
    download(server.url, path)
    assert server.requests[-1]["If-None-Match"] == ETAG
    assert path.stat().st_mtime_ns == path_time


def test_fetches_again_what_changed_there_or_here(server, path):
    download(server.url, path)
    server.content, server.etag = b"new" * 1000, '"v2"'
    download(server.url, path)
    assert path.read_bytes() == b"new" * 1000
    path.write_bytes(b"bad" * 1000)
    download(server.url, path)
    assert path.read_bytes() == b"new" * 1000


def test_resumes_where_it_was_cut_off(server, path):
    server.cut_off_at = 500_000
    with pytest.raises(DownloadError) as raised:
        download(server.url, path)
    assert raised.value.transient
    assert not path.exists()
    server.cut_off_at = None
    download(server.url, path)
    held = int(server.requests[-1]["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < held <= 500_000
    assert path.read_bytes() == CONTENT


def test_does_not_resume_a_file_that_changed(server, path):
    server.cut_off_at = 500_000
    with pytest.raises(DownloadError):
        download(server.url, path)
    server.cut_off_at, server.content, server.etag = None, CONTENT[::-1], '"v2"'
    download(server.url, path)
    assert path.read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize(
    "promise",
    [
        {"x-goog-hash": "crc32c=AAAAAA==, md5=" + base64.b64encode(bytes(16)).decode()},
        {"ETag": '"0123456789abcdef0123456789abcdef"'},
    ],
)
def test_a_wrong_hash_is_refused(server, path, promise):
    server.headers = promise
    server.etag = promise.get("ETag", '"opaque"')
    with pytest.raises(DownloadError, match="MD5"):
        download(server.url, path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("status", "transient"), [(500, True), (503, True), (429, True), (404, False), (403, False)]
)
def test_only_a_servers_own_fault_is_transient(server, path, status, transient):
    server.status = status
    with pytest.raises(DownloadError, match=str(status)) as raised:
        download(server.url, path)
    assert raised.value.transient is transient
    assert "--data synthetic" in str(raised.value)
    assert "--data PATH" in str(raised.value)


def test_no_network_names_the_ways_out(path):
    with pytest.raises(
        DownloadError, match=r"127\.0\.0\.1:9/x.*refused.*--data synthetic.*--data PATH"
    ) as raised:
        download("http://127.0.0.1:9/x", path)
    assert raised.value.transient


def test_a_verified_copy_is_used_when_the_server_is_gone(server, path, caplog):
    download(server.url, path)
    server.status = 503
    with caplog.at_level(logging.WARNING):
        download(server.url, path)
    assert "using the copy fetched earlier" in caplog.text
    path.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(DownloadError):
        download(server.url, path)


def test_a_damaged_record_is_no_record(server, path):
    download(server.url, path)
    record = path.with_name("words.zip.json")
    for text in ("{", "[]", json.dumps({"url": 1})):
        record.write_text(text)
        download(server.url, path)
        assert "If-None-Match" not in server.requests[-1]
