"""What a bulk job judges: a manifest, a directory or a prefix, and the bytes behind each of its paths."""

import asyncio
import hashlib
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from obstore.exceptions import BaseError
from obstore.store import from_url

from pipelines.errors import MediaError

LARGEST_MEDIA = 512 << 20
"""Bytes of one file that are read; a larger one is an error of its own row."""

SCHEMA = pa.schema(
    [("row", pa.int64()), ("id", pa.string()), ("path", pa.string()), ("reference", pa.string())],
)
"""One item a row: its number in the manifest, and what the manifest says about it."""

_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class ManifestError(Exception):
    """The manifest cannot be read. The text names what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The items of a job in order.

    Attributes:
        items: see `SCHEMA`.
        base: directory or URL prefix that relative paths start from.
    """

    items: pa.Table
    base: str

    @property
    def sha256(self) -> str:
        """Identifies the items and their order, whichever format they were read from."""
        digest = hashlib.sha256()
        for batch in self.items.select(["id", "path", "reference"]).to_batches():
            for item in batch.to_pylist():
                digest.update(json.dumps(list(item.values())).encode() + b"\n")
        return digest.hexdigest()


def read_manifest(source: str, reference_column: str = "reference") -> Manifest:
    """The items of a CSV or Parquet file with a `path` column, or all files below a directory or `s3://.../` prefix.

    Args:
        source: path or URL; a URL that ends in `/` is a prefix.
        reference_column: column with the path of the reference photo. `id` is optional too; without it an item's id
            is its path.

    Raises:
        ManifestError: no such file, no such column, an empty path, or no items at all.
    """
    try:
        if not _URL.match(source) and Path(source).is_dir():
            return _listed(_files_below(Path(source)), str(Path(source).absolute()))
        if _URL.match(source) and source.endswith("/"):
            return _listed(_objects_below(source), source)
        table = _read_table(source)
    except (OSError, BaseError, ValueError, pa.ArrowException, MediaError) as error:
        raise ManifestError(f"cannot read the manifest {source}: {error}") from error
    if "path" not in table.column_names:
        raise ManifestError(f"{source} has no column `path`; it has: {', '.join(table.column_names)}")
    base = source.rpartition("/")[0] if _URL.match(source) else str(Path(source).absolute().parent)
    return Manifest(_items(table, source, reference_column), base)


def _read_table(source: str) -> pa.Table:
    data = io.BytesIO(asyncio.run(Sources(str(Path.cwd())).read(source)))
    suffix = Path(urlsplit(source).path).suffix.lower()
    if suffix == ".parquet":
        return pa.parquet.read_table(data)
    if suffix == ".csv":
        # Identifiers such as 007 are text, whatever they look like.
        names = pa.csv.open_csv(data).schema.names
        data.seek(0)
        text = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        return pa.csv.read_csv(data, convert_options=text)
    raise ValueError("it must be a .csv or .parquet file, a directory, or a prefix that ends in /")


def _items(table: pa.Table, source: str, reference_column: str) -> pa.Table:
    paths = table["path"].cast(pa.string())
    for row, path in enumerate(paths.to_pylist()):
        if not path:
            raise ManifestError(f"{source}: item {row + 1} has no path")
    if not len(paths):
        raise ManifestError(f"{source} holds no items")
    ids = table["id"].cast(pa.string()) if "id" in table.column_names else paths
    if reference_column in table.column_names:
        given = table[reference_column].cast(pa.string()).to_pylist()
        references = pa.array([reference or None for reference in given], pa.string())
    else:
        references = pa.nulls(len(paths), pa.string())
    columns = [pa.array(range(len(paths)), pa.int64()), ids, paths, references]
    return pa.table(columns, schema=SCHEMA).combine_chunks()


def _listed(paths: Iterator[str], source: str) -> Manifest:
    found = pa.table({"path": pa.array(sorted(paths), pa.string())})
    return Manifest(_items(found, source, "reference"), source.rstrip("/") or "/")


def _files_below(folder: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(parent, name)
            if not name.startswith(".") and file.is_file():
                yield str(file.relative_to(folder))


def _objects_below(prefix: str) -> Iterator[str]:
    store, key = _store(prefix)
    for batch in obstore.list(store, prefix=key):
        yield from (str(item["path"])[len(key) :].lstrip("/") for item in batch if item["size"])


def _store(url: str) -> tuple[Any, str]:
    """The object store of a URL and the key in it. Credentials come from the environment, as obstore reads it."""
    parts = urlsplit(url)
    return from_url(f"{parts.scheme}://{parts.netloc}"), unquote(parts.path).lstrip("/")


class Sources:
    """Reads media by the paths of a manifest: files, and objects of S3, Google or Azure storage."""

    def __init__(self, base: str) -> None:
        """Args: base: see `Manifest`."""
        self._base = base

    async def read(self, path: str) -> bytes:
        """The bytes behind a path. Raises MediaError `unreadable`, `file_too_large` or `unsupported_source`."""
        location = path
        if not _URL.match(path) and not path.startswith("/"):
            location = f"{self._base}/{path}"
        try:
            if not _URL.match(location):
                return await asyncio.to_thread(_read_file, Path(location))
            if location.lower().startswith("file://"):
                return await asyncio.to_thread(_read_file, Path(unquote(urlsplit(location).path)))
            return await _read_object(location)
        except OSError as error:
            raise MediaError("unreadable", f"the file cannot be read: {error.strerror or 'I/O error'}") from None
        except (BaseError, ValueError) as error:
            raise MediaError("unreadable", f"the object cannot be read: {type(error).__name__}") from None


def _read_file(file: Path) -> bytes:
    if file.exists() and not file.is_file():
        raise MediaError("unreadable", "the path is not a file")
    if file.stat().st_size > LARGEST_MEDIA:
        raise MediaError("file_too_large", f"the file is larger than {LARGEST_MEDIA >> 20} MiB")
    return file.read_bytes()


async def _read_object(url: str) -> bytes:
    if urlsplit(url).scheme.lower() not in ("s3", "gs", "az"):
        raise MediaError("unsupported_source", "paths are files or s3://, gs:// or az:// objects")
    store, key = _store(url)
    found = await obstore.get_async(store, key)
    if found.meta["size"] > LARGEST_MEDIA:
        raise MediaError("file_too_large", f"the object is larger than {LARGEST_MEDIA >> 20} MiB")
    return bytes(await found.bytes_async())
