"""Galleries of known faces for one-to-many search: a few thousand templates each, compared exactly."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from deployments.tasks.database import insert_for, reader, writing
from deployments.tasks.schema import galleries, gallery_faces

DIMENSIONS = 128
MAX_NAME = 255
_CACHED = 8
_UNIT_TOLERANCE = 1e-3

Embedding = NDArray[np.float32]
_Matrix = tuple[list[str], Embedding]

_FIND = select(galleries.c.id, galleries.c.version).where(
    galleries.c.tenant == bindparam("tenant"), galleries.c.gallery == bindparam("gallery")
)
_FACES = (
    select(gallery_faces.c.subject, gallery_faces.c.embedding)
    .where(gallery_faces.c.gallery_id == bindparam("of_gallery"))
    .order_by(gallery_faces.c.id)
)
_CHANGED = update(galleries).where(galleries.c.id == bindparam("of_id")).values(version=galleries.c.version + 1)


class GalleryExists(Exception):
    """The tenant has a gallery of that name already."""


class GalleryUnknown(Exception):
    """The tenant has no gallery of that name."""


class Galleries:
    """Face templates by gallery and subject; a subject may have several. Thread-safe.

    Templates are (128,) float32 vectors of length 1 (`face/embedder`). Every method but `create` and `list` raises
    GalleryUnknown. Matrices of the galleries used last are kept in memory, as long as their version holds.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._reader, self._clock = engine, reader(engine), clock
        self._cache: OrderedDict[str, tuple[int, _Matrix]] = OrderedDict()
        self._lock = Lock()

    def create(self, tenant: str, gallery: str) -> None:
        """Raises: GalleryExists. ValueError: the name is empty or longer than 255 characters."""
        _check_name(gallery)
        row = {"id": str(uuid7()), "tenant": tenant, "gallery": gallery, "version": 0, "created_at": self._clock()}
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(galleries), row)
        except IntegrityError as error:
            raise GalleryExists(gallery) from error

    def drop(self, tenant: str, gallery: str) -> None:
        """Deletes the gallery with all its templates."""
        with writing(self._engine) as connection:
            gallery_id, _ = _find(connection, tenant, gallery)
            connection.execute(delete(galleries).where(galleries.c.id == gallery_id))
        with self._lock:
            self._cache.pop(gallery_id, None)

    def add(self, tenant: str, gallery: str, subject: str, embedding: Embedding, face_id: str | None = None) -> None:
        """Adds a template of the subject. Raises: ValueError: not a (128,) vector of length 1, or a bad name.

        Args: face_id: a UUID; adding the same again changes nothing, so that a task that is tried again adds it once.
        """
        vector = _unit(embedding)
        _check_name(subject)
        with writing(self._engine) as connection:
            gallery_id, _ = _find(connection, tenant, gallery)
            row = {"id": face_id or str(uuid7()), "gallery_id": gallery_id, "subject": subject}
            added = insert_for(self._engine, gallery_faces).on_conflict_do_nothing(index_elements=["id"])
            connection.execute(added, row | {"embedding": vector.tobytes()})
            connection.execute(_CHANGED, {"of_id": gallery_id})

    def remove(self, tenant: str, gallery: str, subject: str) -> int:
        """Deletes all templates of the subject; returns how many."""
        with writing(self._engine) as connection:
            gallery_id, _ = _find(connection, tenant, gallery)
            chosen = (gallery_faces.c.gallery_id == gallery_id, gallery_faces.c.subject == subject)
            removed = connection.execute(delete(gallery_faces).where(*chosen)).rowcount
            connection.execute(_CHANGED, {"of_id": gallery_id})
        return removed

    def subjects(self, tenant: str, gallery: str) -> list[str]:
        """The subjects in the gallery, in order."""
        with self._reader.connect() as connection:
            gallery_id, _ = _find(connection, tenant, gallery)
            found = select(gallery_faces.c.subject).distinct().where(gallery_faces.c.gallery_id == gallery_id)
            return sorted(connection.execute(found).scalars())

    def matrix(self, tenant: str, gallery: str) -> _Matrix:
        """The subjects and their (N, 128) float32 templates, row by row; treat both as read-only."""
        with self._reader.connect() as connection:
            gallery_id, version = _find(connection, tenant, gallery)
            with self._lock:
                cached = self._cache.get(gallery_id)
                if cached is not None and cached[0] == version:
                    self._cache.move_to_end(gallery_id)
                    return cached[1]
            # Rows may be newer than the version read before them, never older: at worst they are read once more.
            rows = connection.execute(_FACES, {"of_gallery": gallery_id}).all()
        templates = np.frombuffer(b"".join(row.embedding for row in rows), np.float32).reshape(-1, DIMENSIONS)
        matrix = ([row.subject for row in rows], templates)
        with self._lock:
            self._cache[gallery_id] = (version, matrix)
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return matrix

    def search(self, tenant: str, gallery: str, embedding: Embedding, k: int) -> list[tuple[str, float]]:
        """The `k` most similar subjects with the cosine (-1..1) of their best template, best first."""
        vector = _unit(embedding)
        subjects, templates = self.matrix(tenant, gallery)
        cosines = templates @ vector
        best: dict[str, float] = {}
        for index in np.argsort(-cosines, kind="stable"):
            best.setdefault(subjects[index], float(cosines[index]))
            if len(best) >= k:
                break
        return list(best.items())[:k]

    def entries(self, tenant: str) -> "list[tuple[str, str]]":
        """Id and name of each of the tenant's galleries, in order of names."""
        mine = select(galleries.c.id, galleries.c.gallery).where(galleries.c.tenant == tenant)
        with self._reader.connect() as connection:
            return [(row.id, row.gallery) for row in connection.execute(mine.order_by(galleries.c.gallery))]

    def list(self, tenant: str) -> list[str]:
        """Names of the tenant's galleries, in order."""
        found = select(galleries.c.gallery).where(galleries.c.tenant == tenant).order_by(galleries.c.gallery)
        with self._reader.connect() as connection:
            return list(connection.execute(found).scalars())


def _find(connection: Connection, tenant: str, gallery: str) -> tuple[str, int]:
    row: Any = connection.execute(_FIND, {"tenant": tenant, "gallery": gallery}).first()
    if row is None:
        raise GalleryUnknown(gallery)
    return row.id, row.version


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME:
        raise ValueError(f"a name has 1 to {MAX_NAME} characters")


def _unit(embedding: Embedding) -> Embedding:
    vector = np.ascontiguousarray(embedding, np.float32)
    if vector.shape != (DIMENSIONS,) or not abs(float(np.linalg.norm(vector)) - 1.0) < _UNIT_TOLERANCE:
        raise ValueError(f"a face template is a ({DIMENSIONS},) vector of length 1")
    return vector
