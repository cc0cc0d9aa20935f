"""The task table: submitted in one transaction, claimed under a lease, ended once behind a fence."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, Engine, insert, select
from uuid_utils import uuid7

from deployments.tasks import statements as sql
from deployments.tasks.announce import announce, announce_case, lock_case
from deployments.tasks.database import insert_for, reader, writing
from deployments.tasks.idempotency import RUNNING_TTL_S, Conflict, IdempotencyClaim, StoredReply, settle
from deployments.tasks.rows import dump_media, load_media, load_task, outcome_row, task_row
from deployments.tasks.schema import audit, tasks, tickets
from deployments.tasks.task import (
    MAX_ATTEMPTS,
    WORKER_LOST,
    WORKER_LOST_MESSAGE,
    Completed,
    Failed,
    MediaRef,
    Outcome,
    State,
    Task,
    TaskSpec,
    Ticket,
)

_LAST_ID = "g"  # Sorts after every uuid.


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How many open (queued and running) tasks are let in, in all and for each tenant; None is no limit.

    Submissions at the very same moment on PostgreSQL may overshoot by their number: counting behind a lock would
    serialise all of them.
    """

    total: int | None = None
    per_tenant: int | None = None
    retry_after: float = 5.0


class QueueFull(Exception):
    """The backlog is full: come back after `retry_after` seconds (HTTP 429)."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class TicketUsed(Exception):
    """The ticket was used before."""


class TaskStore:
    """All state changes of tasks. Thread-safe; every method is one short transaction at most.

    Args: clock: Unix seconds. reply_ttl: seconds a stored idempotent reply is kept.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time, *, reply_ttl: float = 86400) -> None:
        self._engine, self._reader, self._clock, self._reply_ttl = engine, reader(engine), clock, reply_ttl

    def submit(
        self,
        spec: TaskSpec,
        *,
        limits: Admission | None = None,
        reply: Callable[[Task], StoredReply] | None = None,
        key: IdempotencyClaim | None = None,
    ) -> Task:
        """Queues a task: once this returns, it survives any crash; when it raises, nothing was written.

        Args:
            reply: renders what is stored for `key`, in the same transaction; without it the key is tied to the task
                and stays running until `Idempotency.complete` (synchronous facades).
            key: a `new` claim that was matched with the request's fingerprint.
        Raises: QueueFull: over a limit. idempotency.Conflict: another request took over the key meanwhile.
            TicketUsed: the spec's ticket was used before.
        """
        now = self._clock()
        task = Task(id=str(uuid7()), spec=spec, state=State.QUEUED, attempts=0, created_at=now)
        stored = reply(task) if reply is not None else None
        with writing(self._engine) as connection:
            if limits is not None:
                admit(connection, spec.tenant, limits)
            connection.execute(sql.INSERT, task_row(task))
            if spec.ticket is not None:
                self._use(connection, spec.ticket)
            _own_blobs(connection, task.id, "media", (ref.blob for ref in spec.media if ref.blob))
            if key is not None:
                expires = now + (self._reply_ttl if stored is not None else RUNNING_TTL_S)
                if not settle(connection, key, stored, task.id, expires):
                    raise Conflict
        return task

    def get(self, tenant: str, task_id: str) -> Task | None:
        """The task with its report; None when it does not exist or belongs to another tenant."""
        with self._reader.connect() as connection:
            row = connection.execute(sql.GET, {"of_id": task_id, "of_tenant": tenant}).first()
        return None if row is None else load_task(row, report=row.report)

    def ended(self, ids: Sequence[str]) -> set[str]:
        """Those of the tasks that will not change any more, whether they ended or were erased; of any tenant."""
        with self._reader.connect() as connection:
            return set(ids) - set(connection.execute(sql.STILL_OPEN, {"ids": ids}).scalars())

    def tenant_of(self, task_id: str) -> str | None:
        """Whose task it is, for callers that were let in by a signature."""
        with self._reader.connect() as connection:
            return connection.execute(select(tasks.c.tenant).where(tasks.c.id == task_id)).scalar()

    def depth(self) -> dict[State, int]:
        """How many tasks are queued and how many are running, of all tenants."""
        with self._reader.connect() as connection:
            counts = {State(state): count for state, count in connection.execute(sql.DEPTH)}
        return {state: counts.get(state, 0) for state in (State.QUEUED, State.RUNNING)}

    def claim(self, worker: str, at_most: int, lease_s: float, left_alone: Collection[str] = ()) -> list[Task]:
        """Takes up to `at_most` ready tasks, oldest first, under a lease of `lease_s` seconds.

        Ready are queued tasks past their not-before and running ones whose lease expired. Of the latter, those without
        an attempt left fail as `worker_lost` instead. An idle call is one indexed read and takes no lock.

        Args: left_alone: services whose tasks are not taken.
        """
        now = self._clock()
        alone = {"left_alone": list(left_alone)}
        with self._reader.connect() as connection:
            ready, asked = (sql.ANY_WANTED, alone) if left_alone else (sql.ANY_READY, {})
            if connection.execute(ready, {"now": now, **asked}).first() is None:
                return []
        parameters = {"now": now, "until": now + lease_s, "at_most": at_most, **alone}
        lease = uuid4().hex
        with writing(self._engine) as connection:
            rows = connection.execute(sql.CLAIM, parameters | {"new_lease": lease, "new_worker": worker}).all()
            for row in rows:
                if row.attempts > MAX_ATTEMPTS:
                    self._lose_worker(connection, row.id, lease)
        claimed = [load_task(row, lease=lease) for row in rows if row.attempts <= MAX_ATTEMPTS]
        return sorted(claimed, key=lambda task: task.id)

    def heartbeat(
        self, leases: Sequence[tuple[str, str]], lease_s: float, progress: Mapping[str, float] | None = None
    ) -> set[str]:
        """Extends the leases, given as (task id, lease), by `lease_s` from now; returns the ids still held.

        Args: progress: task id -> share of its work that is done, 0..1, of those that got further.
        """
        if not leases:
            return set()
        given = set(leases)
        parameters = {
            "ids": [task_id for task_id, _ in leases],
            "leases": list({lease for _, lease in given}),
            "until": self._clock() + lease_s,
        }
        with writing(self._engine) as connection:
            rows = connection.execute(sql.HEARTBEAT, parameters).all()
            if progress:
                further = [(task_id, lease, progress[task_id]) for task_id, lease in leases if task_id in progress]
                for task_id, lease, share in further:
                    connection.execute(sql.ADVANCE, {"of_id": task_id, "of_lease": lease, "share": share})
        return {row.id for row in rows if (row.id, row.lease) in given}

    def attach(self, task_id: str, lease: str, media: MediaRef) -> bool:
        """Records what a worker fetched for the `url` media of that role; False when the lease was lost."""
        held = {"of_id": task_id, "of_lease": lease}
        with writing(self._engine) as connection:
            row = connection.execute(sql.HELD, held).first()
            if row is None:
                return False
            refs = tuple(media if ref.role == media.role else ref for ref in load_media(row.media))
            connection.execute(sql.SET_MEDIA, held | {"new_media": dump_media(refs)})
            _own_blobs(connection, task_id, "media", [media.blob])
        return True

    def finish(self, task_id: str, lease: str, outcome: Outcome) -> bool:
        """Ends the task, with one delivery for each webhook endpoint of its event, in one transaction.

        False when the lease was lost (or the task erased): the outcome is not recorded, and its artifacts are the
        caller's to delete.
        """
        with writing(self._engine) as connection:
            return self._end(connection, task_id, lease, outcome)

    def requeue(self, task_id: str, lease: str, delay_s: float, *, use_attempt: bool) -> bool:
        """Hands the task back, to be claimed again after `delay_s`; False when the lease was lost.

        With `use_attempt` and no attempt left the task fails as `worker_lost`.
        """
        held = {"of_id": task_id, "of_lease": lease}
        with writing(self._engine) as connection:
            if use_attempt:
                row = connection.execute(sql.HELD, held).first()
                if row is not None and row.attempts >= MAX_ATTEMPTS:
                    return self._lose_worker(connection, task_id, lease)
            parameters = held | {"given_back": 0 if use_attempt else 1, "not_before": self._clock() + delay_s}
            return connection.execute(sql.REQUEUE, parameters).rowcount == 1

    def release(self, worker: str) -> int:
        """Hands back all that `worker` holds, without using an attempt; for a graceful stop. Returns how many."""
        with writing(self._engine) as connection:
            return connection.execute(sql.RELEASE, {"of_worker": worker, "now": self._clock()}).rowcount

    def erase(self, tenant: str, task_id: str) -> list[str] | None:
        """Deletes the task and all that hangs on it, in any state; leaves an audit row without personal data.

        Returns: keys of the blobs to delete now; None when there is no such task. A crash before the caller deletes
        them leaves orphans, which the retention sweep deletes.
        """
        with writing(self._engine) as connection:
            case_id = lock_case(connection, task_id)
            found = connection.execute(sql.LOCK, {"of_id": task_id, "of_tenant": tenant}).first()
            if found is None:
                return None
            keys = connection.execute(sql.BLOB_KEYS, {"of_id": task_id}).scalars().all()
            connection.execute(sql.DELETE, {"of_id": task_id})
            row = {"id": str(uuid7()), "at": self._clock(), "action": "erased", "tenant": tenant}
            connection.execute(insert(audit), row | {"task_id": task_id, "service": found.service})
            if case_id is not None:
                announce_case(connection, case_id, tenant, self._clock())
        return list(keys)

    def list(self, tenant: str, limit: int, before: str | None = None) -> list[Task]:
        """The tenant's tasks, newest first and without their reports, from before the task id `before`."""
        parameters = {"of_tenant": tenant, "before": before or _LAST_ID, "at_most": limit}
        with self._reader.connect() as connection:
            return [load_task(row) for row in connection.execute(sql.LIST, parameters)]

    def use(self, ticket: Ticket) -> None:
        """Uses a ticket that no task is about. Raises TicketUsed."""
        with writing(self._engine) as connection:
            self._use(connection, ticket)

    def _use(self, connection: Connection, ticket: Ticket) -> None:
        take = insert_for(self._engine, tickets).on_conflict_do_nothing(index_elements=["id"])
        if connection.execute(take, {"id": ticket.id, "expires_at": ticket.expires_at}).rowcount != 1:
            raise TicketUsed

    def _lose_worker(self, connection: Connection, task_id: str, lease: str) -> bool:
        return self._end(connection, task_id, lease, Failed(WORKER_LOST, WORKER_LOST_MESSAGE))

    def _end(self, connection: Connection, task_id: str, lease: str, outcome: Outcome) -> bool:
        now = self._clock()
        case_id = lock_case(connection, task_id)
        row = connection.execute(
            sql.END, {"of_id": task_id, "of_lease": lease, "now": now} | outcome_row(outcome)
        ).first()
        if row is None:
            return False
        if isinstance(outcome, Completed):
            _own_blobs(connection, task_id, "artifact", (ref.blob for ref in outcome.artifacts))
        if row.event is not None:
            announce(connection, task_id, row.tenant, row.event, now)
        if case_id is not None:
            announce_case(connection, case_id, row.tenant, now)
        return True


def admit(connection: Connection, tenant: str, limits: Admission, more: int = 1) -> None:
    """Raises QueueFull where `more` further tasks would go over a limit."""
    total = limits.total if limits.total is not None else 0
    everyone, own = connection.execute(sql.BACKLOG, {"total": total, "of_tenant": tenant}).one()
    full = limits.total is not None and everyone + more > limits.total
    if full or (limits.per_tenant is not None and own + more > limits.per_tenant):
        raise QueueFull(limits.retry_after)


def _own_blobs(connection: Connection, task_id: str, purpose: str, keys: Iterable[str]) -> None:
    rows = [{"key": key, "task_id": task_id, "purpose": purpose} for key in keys]
    if rows:
        connection.execute(sql.OWN_BLOB, rows)
