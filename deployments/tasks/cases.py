"""Cases: folders of media that outlive single tasks, and the tasks that judge them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from uuid_utils import uuid7

from deployments.tasks import statements as sql
from deployments.tasks.announce import CASE_EVENT
from deployments.tasks.case import Batch, Case, Medium
from deployments.tasks.database import insert_for, reader, writing
from deployments.tasks.idempotency import RUNNING_TTL_S, Conflict, IdempotencyClaim, StoredReply, settle
from deployments.tasks.rows import load_task, task_row
from deployments.tasks.schema import audit, blobs, case_hooks, case_media, cases, idempotency, tasks
from deployments.tasks.store import admit
from deployments.tasks.task import State, Task
from deployments.tasks.webhooks import Endpoint, find_or_add

_ERASED = "folder"


class CaseUnknown(Exception):
    """The tenant has no such case."""


class CaseFull(Exception):
    """The case would hold more media than it may."""


Reply = Callable[[Case], StoredReply]


class Cases:
    """The cases. Thread-safe; every method is one short transaction at most.

    What creates something takes an idempotency claim and the reply to store for it, in the same transaction; a claim
    without a reply is told only which case is under way for it.
    Args: reply_ttl: seconds a stored idempotent reply is kept.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time, *, reply_ttl: float = 86400) -> None:
        self._engine, self._reader, self._clock, self._reply_ttl = engine, reader(engine), clock, reply_ttl

    def now(self) -> float:
        """Unix seconds of the clock in use."""
        return self._clock()

    def create(
        self, case: Case, batch: Batch, *, key: IdempotencyClaim | None = None, reply: Reply | None = None
    ) -> Case:
        """Writes the case with its media and first tasks. Raises: QueueFull, idempotency.Conflict."""
        now = self._clock()
        with writing(self._engine) as connection:
            hook = self._endpoint(connection, case.tenant, batch.hook, now)
            endpoint = hook.id if hook is not None else None
            row: dict[str, Any] = {
                "id": case.id,
                "tenant": case.tenant,
                "meta_data": dict(case.meta_data),
                "endpoint_id": endpoint,
            }
            row |= {"created_at": now, "updated_at": now, "expires_at": case.expires_at}
            connection.execute(insert(cases), row)
            self._add_media(connection, case.id, case.media, now)
            self._submit(connection, case.tenant, case.id, batch, endpoint, now)
            return self._settled(connection, case.tenant, case.id, key, reply, hook)

    def add_media(
        self,
        tenant: str,
        case_id: str,
        media: Sequence[Medium],
        most: int,
        *,
        key: IdempotencyClaim | None = None,
        reply: Reply | None = None,
    ) -> Case:
        """Adds files. Raises: CaseUnknown, CaseFull, idempotency.Conflict."""
        now = self._clock()
        with writing(self._engine) as connection:
            self._lock(connection, tenant, case_id)
            there = select(func.count()).select_from(case_media).where(case_media.c.case_id == case_id)
            if connection.execute(there).scalar_one() + len(media) > most:
                raise CaseFull
            self._add_media(connection, case_id, media, now)
            connection.execute(update(cases).where(cases.c.id == case_id).values(updated_at=now))
            return self._settled(connection, tenant, case_id, key, reply)

    def analyse(
        self,
        tenant: str,
        case_id: str,
        batch: Batch,
        *,
        key: IdempotencyClaim | None = None,
        reply: Reply | None = None,
    ) -> Case:
        """Submits further tasks. Raises: CaseUnknown, QueueFull, idempotency.Conflict."""
        now = self._clock()
        with writing(self._engine) as connection:
            case = self._lock(connection, tenant, case_id)
            hook = self._endpoint(connection, tenant, batch.hook, now)
            endpoint = hook.id if hook is not None else case.endpoint_id
            self._submit(connection, tenant, case_id, batch, endpoint, now)
            connection.execute(update(cases).where(cases.c.id == case_id).values(updated_at=now))
            return self._settled(connection, tenant, case_id, key, reply, hook)

    def get(self, tenant: str, case_id: str) -> Case | None:
        """The case with its media and its tasks' reports."""
        with self._reader.connect() as connection:
            found = _load(connection, select(cases).where(cases.c.tenant == tenant, cases.c.id == case_id))
        return found[0] if found else None

    def list(self, tenant: str, limit: int, offset: int = 0) -> tuple[list[Case], int]:
        """The tenant's cases, newest first, and how many there are in all."""
        mine = cases.c.tenant == tenant
        page = select(cases).where(mine).order_by(cases.c.id.desc()).limit(limit).offset(offset)
        with self._reader.connect() as connection:
            total = connection.execute(select(func.count()).select_from(cases).where(mine)).scalar_one()
            return _load(connection, page), total

    def erase(self, tenant: str, case_id: str) -> Sequence[str] | None:
        """Deletes the case with its media, tasks and results; leaves an audit row without personal data.

        Returns: keys of the blobs to delete now; None when there is no such case.
        """
        with writing(self._engine) as connection:
            try:
                self._lock(connection, tenant, case_id)
            except CaseUnknown:
                return None
            keys = erase_cases(connection, [case_id])
            row = {"id": str(uuid7()), "at": self._clock(), "action": "erased", "tenant": tenant}
            connection.execute(insert(audit), row | {"task_id": case_id, "service": _ERASED})
        return keys

    def medium(self, media_id: str) -> tuple[str, Medium] | None:
        """The tenant it belongs to, and the file."""
        found = select(case_media, cases.c.tenant).join(cases, cases.c.id == case_media.c.case_id)
        with self._reader.connect() as connection:
            row = connection.execute(found.where(case_media.c.id == media_id)).first()
        return None if row is None else (row.tenant, _medium(row))

    def erase_medium(self, tenant: str, media_id: str) -> Sequence[str] | None:
        """Deletes a file; results about it stay. Returns: blobs to delete now; None when there is no such file."""
        owner = select(case_media.c.case_id).where(case_media.c.id == media_id)
        with writing(self._engine) as connection:
            case_id = connection.execute(owner).scalar()
            try:
                self._lock(connection, tenant, case_id or "")
            except CaseUnknown:
                return None
            row = connection.execute(
                delete(case_media).where(case_media.c.id == media_id).returning(case_media)
            ).first()
            if row is None:
                return None
            keys = [key for key in (row.blob, row.thumb) if key]
            connection.execute(delete(blobs).where(blobs.c.key.in_(keys)))
            connection.execute(update(cases).where(cases.c.id == case_id).values(updated_at=self._clock()))
            audited = {"id": str(uuid7()), "at": self._clock(), "action": "erased", "tenant": tenant}
            connection.execute(insert(audit), audited | {"task_id": media_id, "service": "medium"})
        return keys

    def _lock(self, connection: Connection, tenant: str, case_id: str) -> Any:
        locked = select(cases).where(cases.c.id == case_id, cases.c.tenant == tenant).with_for_update()
        row = connection.execute(locked).first()
        if row is None:
            raise CaseUnknown
        return row

    def _endpoint(self, connection: Connection, tenant: str, hook: str | None, now: float) -> Endpoint | None:
        return find_or_add(connection, tenant, CASE_EVENT, hook, now) if hook is not None else None

    def _add_media(self, connection: Connection, case_id: str, media: Sequence[Medium], now: float) -> None:
        if not media:
            return
        names = [column.name for column in case_media.c]
        times = {"created_at": now, "updated_at": now}
        rows = [{name: getattr(medium, name) for name in names} | times for medium in media]
        for row in rows:
            row |= {"tags": list(row["tags"]), "meta_data": dict(row["meta_data"]), "info": dict(row["info"])}
        connection.execute(insert(case_media), rows)
        keys = [key for medium in media for key in (medium.blob, medium.thumb) if key]
        connection.execute(insert(blobs), [{"key": key, "case_id": case_id, "purpose": "media"} for key in keys])

    def _submit(
        self, connection: Connection, tenant: str, case_id: str, batch: Batch, endpoint: str | None, now: float
    ) -> None:
        if not batch.specs:
            return
        if batch.limits is not None:
            admit(connection, tenant, batch.limits, len(batch.specs))
        made = [Task(id=str(uuid7()), spec=s, state=State.QUEUED, attempts=0, created_at=now) for s in batch.specs]
        connection.execute(sql.INSERT, [task_row(task) for task in made])
        if endpoint is not None:
            hook = insert_for(self._engine, case_hooks).on_conflict_do_nothing()
            connection.execute(hook, {"case_id": case_id, "endpoint_id": endpoint})

    def _settled(
        self,
        connection: Connection,
        tenant: str,
        case_id: str,
        key: IdempotencyClaim | None,
        reply: Reply | None,
        hook: Endpoint | None = None,
    ) -> Case:
        (case,) = _load(connection, select(cases).where(cases.c.tenant == tenant, cases.c.id == case_id))
        case = case if hook is None else replace(case, hook_secret=hook.secret)
        if key is not None:
            stored = reply(case) if reply is not None else None
            expires = self._clock() + (self._reply_ttl if stored is not None else RUNNING_TTL_S)
            if not settle(connection, key, stored, None, expires, case_id=case_id):
                raise Conflict
        return case


def erase_cases(connection: Connection, ids: Sequence[str]) -> Sequence[str]:
    """Within a transaction that locked them: deletes the cases and all that hangs on them; returns the blobs' keys."""
    of_tasks = select(tasks.c.id).where(tasks.c.case_id.in_(ids))
    owned = select(blobs.c.key).where(blobs.c.case_id.in_(ids) | blobs.c.task_id.in_(of_tasks))
    keys = connection.execute(owned).scalars().all()
    connection.execute(delete(blobs).where(blobs.c.case_id.in_(ids)))
    connection.execute(delete(idempotency).where(idempotency.c.case_id.in_(ids)))
    connection.execute(delete(tasks).where(tasks.c.case_id.in_(ids)))
    connection.execute(delete(cases).where(cases.c.id.in_(ids)))
    return keys


def _load(connection: Connection, chosen: Any) -> "list[Case]":
    rows = connection.execute(chosen).all()
    ids = [row.id for row in rows]
    media: dict[str, list[Medium]] = {case_id: [] for case_id in ids}
    made: dict[str, list[Task]] = {case_id: [] for case_id in ids}
    if ids:
        for row in connection.execute(
            select(case_media).where(case_media.c.case_id.in_(ids)).order_by(case_media.c.id)
        ):
            media[row.case_id].append(_medium(row))
        for row in connection.execute(select(tasks).where(tasks.c.case_id.in_(ids)).order_by(tasks.c.id)):
            made[row.case_id].append(load_task(row, report=row.report))
    return [Case(**row._mapping, media=tuple(media[row.id]), tasks=tuple(made[row.id])) for row in rows]


def _medium(row: Any) -> Medium:
    values = {column.name: getattr(row, column.name) for column in case_media.c}
    return Medium(**values | {"tags": tuple(row.tags)})
