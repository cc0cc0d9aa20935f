"""Package registries of a test's own: a directory of wheels for pip, and a small HTTP server that speaks npm."""

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def wheel(directory: Path, package: str, inside: str, content: bytes) -> Path:
    """Writes version 1.0 of a wheel that carries one file."""
    file = directory / f"{package}-1.0-py3-none-any.whl"
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(inside, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return file


def npm_tarball(inside: str, content: bytes) -> bytes:
    """An npm package archive that carries one file."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in (("package/package.json", b'{"name":"carrier","version":"1.0.0"}'), (inside, content)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


@contextmanager
def npm_registry(package: str, tarball: bytes) -> Iterator[str]:
    """Serves version 1.0.0 of one package; yields the registry's URL."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = tarball if self.path.endswith(".tgz") else json.dumps(self._document()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _document(self) -> dict:
            integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
            url = f"http://{self.headers['Host']}/{package}-1.0.0.tgz"
            version = {"name": package, "version": "1.0.0", "dist": {"tarball": url, "integrity": integrity}}
            return {"name": package, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}

        def log_message(self, *_: object) -> None:
            """Keeps the test output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
