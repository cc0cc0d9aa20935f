"""The store's SQL, built once: executing a prepared statement object costs a fraction of building it."""

from sqlalchemy import Select, bindparam, case, delete, func, insert, literal, select, update

from deployments.tasks.schema import blobs, tasks
from deployments.tasks.task import MAX_ATTEMPTS, State

OPEN = tasks.c.ready_at.is_not(None)

_BARE = tuple(column for column in tasks.c if column.name not in ("report", "worker", "lease", "ready_at"))
_HELD = (
    tasks.c.id == bindparam("of_id"),
    tasks.c.lease == bindparam("of_lease"),
    tasks.c.state == State.RUNNING.value,
)

INSERT = insert(tasks)
OWN_BLOB = insert(blobs)
GET = select(*_BARE, tasks.c.report).where(tasks.c.id == bindparam("of_id"), tasks.c.tenant == bindparam("of_tenant"))
LIST = (
    select(*_BARE)
    .where(tasks.c.tenant == bindparam("of_tenant"), tasks.c.id < bindparam("before"))
    .order_by(tasks.c.id.desc())
    .limit(bindparam("at_most"))
)
STILL_OPEN = select(tasks.c.id).where(OPEN, tasks.c.id.in_(bindparam("ids", expanding=True)))
DEPTH = select(tasks.c.state, func.count()).where(OPEN).group_by(tasks.c.state)
_WANTED = tasks.c.service.not_in(bindparam("left_alone", expanding=True))
ANY_READY = select(literal(1)).where(OPEN, tasks.c.ready_at <= bindparam("now")).limit(1)
ANY_WANTED = ANY_READY.where(_WANTED)
BLOB_KEYS = select(blobs.c.key).where(blobs.c.task_id == bindparam("of_id"))
LOCK = (
    select(tasks.c.service)
    .where(tasks.c.id == bindparam("of_id"), tasks.c.tenant == bindparam("of_tenant"))
    .with_for_update()
)
DELETE = delete(tasks).where(tasks.c.id == bindparam("of_id"))

END = (
    update(tasks)
    .where(*_HELD)
    .values(
        state=bindparam("new_state"),
        # The claim that finds the attempts used up counted one too many.
        attempts=case((tasks.c.attempts > MAX_ATTEMPTS, MAX_ATTEMPTS), else_=tasks.c.attempts),
        finished_at=bindparam("now"),
        report=bindparam("new_report"),
        artifacts=bindparam("new_artifacts"),
        error_code=bindparam("new_error_code"),
        error=bindparam("new_error"),
        error_subject=bindparam("new_error_subject"),
        ready_at=None,
        lease=None,
        worker=None,
    )
    .returning(tasks.c.tenant, tasks.c.event)
)
REQUEUE = (
    update(tasks)
    .where(*_HELD)
    .values(
        state=State.QUEUED.value,
        attempts=tasks.c.attempts - bindparam("given_back"),
        progress=None,
        ready_at=bindparam("not_before"),
        lease=None,
        worker=None,
    )
)
RELEASE = (
    update(tasks)
    .where(OPEN, tasks.c.worker == bindparam("of_worker"), tasks.c.state == State.RUNNING.value)
    .values(
        state=State.QUEUED.value,
        attempts=tasks.c.attempts - 1,
        progress=None,
        ready_at=bindparam("now"),
        lease=None,
        worker=None,
    )
)
HEARTBEAT = (
    update(tasks)
    .where(
        tasks.c.id.in_(bindparam("ids", expanding=True)),
        tasks.c.lease.in_(bindparam("leases", expanding=True)),
        tasks.c.state == State.RUNNING.value,
    )
    .values(ready_at=bindparam("until"))
    .returning(tasks.c.id, tasks.c.lease)
)
ADVANCE = update(tasks).where(*_HELD).values(progress=bindparam("share"))
HELD = select(tasks.c.attempts, tasks.c.media).where(*_HELD).with_for_update()
SET_MEDIA = update(tasks).where(*_HELD).values(media=bindparam("new_media"))
# Takes the oldest ready tasks, queued or with an expired lease, without waiting for a row that another claim holds.
# Materialised, because a plain subquery may be run again within the statement and pick other rows. SQLite, which has
# one writer at a time, knows no row locks and leaves FOR UPDATE out.
_READY = (
    select(tasks.c.id)
    .where(OPEN, tasks.c.ready_at <= bindparam("now"), _WANTED)
    .order_by(tasks.c.id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("ready")
    .prefix_with("MATERIALIZED")
)
CLAIM = (
    update(tasks)
    .where(tasks.c.id.in_(select(_READY.c.id)))
    .values(
        state=State.RUNNING.value,
        attempts=tasks.c.attempts + 1,
        ready_at=bindparam("until"),
        lease=bindparam("new_lease"),
        worker=bindparam("new_worker"),
        progress=None,
        started_at=func.coalesce(tasks.c.started_at, bindparam("now")),
    )
    .returning(*_BARE)
)


def _backlog() -> Select[int, int]:
    """Counts open tasks, of all tenants and of one. Reads no further than `total`, however long the backlog."""
    everyone = select(literal(1)).select_from(tasks).where(OPEN).limit(bindparam("total")).subquery()
    own = select(func.count()).select_from(tasks).where(OPEN, tasks.c.tenant == bindparam("of_tenant"))
    return select(select(func.count()).select_from(everyone).scalar_subquery(), own.scalar_subquery())


BACKLOG = _backlog()
