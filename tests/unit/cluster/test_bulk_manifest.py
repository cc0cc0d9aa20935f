"""What a bulk job is given: manifests in every form, and the bytes behind their paths."""

import asyncio
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from cluster.bulk_manifest import Manifest, ManifestError, Sources, read_manifest
from pipelines.errors import MediaError


def rows(manifest: Manifest) -> list[tuple[str, str, str | None]]:
    return [(item["id"], item["path"], item["reference"]) for item in manifest.items.to_pylist()]


def csv(folder: Path, text: str) -> str:
    file = folder / "manifest.csv"
    file.write_text(text)
    return str(file)


def test_a_csv_keeps_its_order_and_its_ids_as_text(tmp_path: Path) -> None:
    manifest = read_manifest(csv(tmp_path, "id,path,reference\n007,b.jpg,r.jpg\n1.0,a.jpg,\n"))
    assert rows(manifest) == [("007", "b.jpg", "r.jpg"), ("1.0", "a.jpg", None)]
    assert manifest.items["row"].to_pylist() == [0, 1]


def test_a_parquet_file_with_the_same_items_is_the_same_job(tmp_path: Path) -> None:
    items = {"path": ["b.jpg", "a.jpg"], "id": [7, 1], "extra": [None, None]}
    pa.parquet.write_table(pa.table(items), tmp_path / "manifest.parquet")
    first = read_manifest(csv(tmp_path, "path,id\nb.jpg,7\na.jpg,1\n"))
    assert read_manifest(str(tmp_path / "manifest.parquet")).sha256 == first.sha256


@pytest.mark.parametrize(
    "changed", ["path\nb.jpg\na.jpg\n", "path\na.jpg\nc.jpg\n", "path,reference\na.jpg,\nb.jpg,r\n"]
)
def test_other_items_order_or_references_are_another_job(tmp_path: Path, changed: str) -> None:
    first = read_manifest(csv(tmp_path, "path\na.jpg\nb.jpg\n")).sha256
    assert read_manifest(csv(tmp_path, changed)).sha256 != first


def test_the_reference_column_can_be_named(tmp_path: Path) -> None:
    manifest = read_manifest(csv(tmp_path, "path,portrait\na.jpg,p.jpg\n"), "portrait")
    assert rows(manifest) == [("a.jpg", "a.jpg", "p.jpg")]


def test_a_directory_is_all_its_files_in_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "a.jpg", "b/1.jpg", ".hidden/x.jpg", "b/.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [path for _, path, _ in rows(read_manifest(str(tmp_path)))] == ["a.jpg", "b/1.jpg", "b/2.jpg"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file\na.jpg\n", "no column `path`; it has: file"),
        ("path,id\na.jpg,1\n,2\n", "item 2 has no path"),
        ("path\n", "no items"),
        ("", "cannot read"),
    ],
)
def test_a_manifest_that_cannot_be_judged_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ManifestError, match=reason):
        read_manifest(csv(tmp_path, text))


@pytest.mark.parametrize("source", ["nowhere.csv", "manifest.xlsx", "ftp://host/manifest.csv"])
def test_a_manifest_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path, source: str) -> None:
    (tmp_path / "manifest.xlsx").write_bytes(b"x")
    with pytest.raises(ManifestError, match="cannot read the manifest"):
        read_manifest(source if "://" in source else str(tmp_path / source))


def test_relative_paths_start_at_the_manifest_and_absolute_ones_stand_for_themselves(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"here")
    manifest = read_manifest(csv(tmp_path, "path\na.jpg\n"))
    sources = Sources(manifest.base)
    for path in ("a.jpg", str(tmp_path / "a.jpg"), (tmp_path / "a.jpg").as_uri()):
        assert asyncio.run(sources.read(path)) == b"here"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("missing.jpg", "unreadable"),
        ("folder", "unreadable"),
        ("https://host.example/a.jpg", "unsupported_source"),
        ("s3://", "unreadable"),
    ],
)
async def test_a_path_without_bytes_is_an_error_that_names_no_file(tmp_path: Path, path: str, code: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(MediaError) as failed:
        await Sources(str(tmp_path)).read(path)
    assert failed.value.code == code
    assert path not in failed.value.message


async def test_a_file_too_large_to_hold_is_never_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.mp4").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(MediaError) as failed:
        await Sources(str(tmp_path)).read("huge.mp4")
    assert failed.value.code == "file_too_large"
