"""What the sweep takes and what it leaves."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from deployments.tasks import schema
from deployments.tasks.accounts import Accounts
from deployments.tasks.blobs import Blobs
from deployments.tasks.idempotency import Idempotency, StoredReply
from deployments.tasks.retention import Swept, sweep
from deployments.tasks.store import TaskStore
from deployments.tasks.task import ArtifactRef, Completed, Task
from deployments.tasks.webhooks import Webhooks
from tests.unit.deployments.tasks.samples import EVENT, REPORT, URL, Clock, claim_one, finish, media, row_counts, spec

DAY = 86400.0
NEVER = 1e12


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


@pytest.fixture
def directory(blobs: Blobs, tmp_path: Path) -> Path:
    return tmp_path / "blobs"


async def _finished(store: TaskStore, blobs: Blobs) -> Task:
    """A completed task with a stored image and a stored artifact."""
    image, frame = await blobs.put(b"image", "bank"), await blobs.put(b"frame", "bank")
    task = store.submit(spec(media=(media(blob=image.key),)))
    artifact = ArtifactRef(name="best_frame", mime="image/jpeg", blob=frame.key, size=5)
    assert finish(store, claim_one(store), Completed(REPORT, (artifact,)))
    found = store.get("bank", task.id)
    assert found is not None
    return found


def _kept(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


async def test_expired_task_goes_with_all_its_blobs_and_rows(
    store: TaskStore, blobs: Blobs, engine: Engine, clock: Clock, webhooks: Webhooks, directory: Path
) -> None:
    webhooks.register("bank", EVENT, URL)
    task = await _finished(store, blobs)
    clock.advance(30 * DAY + 1)
    assert await sweep(engine, blobs, clock.now, 30 * DAY, NEVER) == Swept(tasks=1, media=0, orphans=0)
    assert store.get("bank", task.id) is None
    assert row_counts(engine) == {"endpoints": 1}
    assert _kept(directory) == set()


async def test_task_that_is_not_old_enough_stays_whole(
    store: TaskStore, blobs: Blobs, engine: Engine, clock: Clock, directory: Path
) -> None:
    task = await _finished(store, blobs)
    clock.advance(30 * DAY - 1)
    assert await sweep(engine, blobs, clock.now, 30 * DAY, 30 * DAY) == Swept(0, 0, 0)
    assert store.get("bank", task.id) == task
    assert len(_kept(directory)) == 2


async def test_unfinished_task_never_expires(store: TaskStore, blobs: Blobs, engine: Engine, clock: Clock) -> None:
    queued, running = store.submit(spec()), store.submit(spec())
    store.claim("a", 1, 30)
    clock.advance(1000 * DAY)
    assert await sweep(engine, blobs, clock.now, DAY, DAY) == Swept(0, 0, 0)
    assert {task.id for task in store.list("bank", 10)} == {queued.id, running.id}


async def test_media_expire_before_the_result_that_was_drawn_from_them(
    store: TaskStore, blobs: Blobs, engine: Engine, clock: Clock, directory: Path
) -> None:
    task = await _finished(store, blobs)
    clock.advance(DAY + 1)
    assert await sweep(engine, blobs, clock.now, 30 * DAY, DAY) == Swept(tasks=0, media=1, orphans=0)
    read = store.get("bank", task.id)
    assert read is not None
    assert (read.report, read.spec.media[0].blob, read.spec.media[0].sha256) == (REPORT, "", task.spec.media[0].sha256)
    assert _kept(directory) == {task.artifacts[0].blob}
    assert store.erase("bank", task.id) == [task.artifacts[0].blob]


async def test_many_expired_tasks_go_in_one_sweep(store: TaskStore, blobs: Blobs, engine: Engine, clock: Clock) -> None:
    for _ in range(230):
        store.submit(spec())
    for task in store.claim("a", 230, 30):
        finish(store, task)
    clock.advance(DAY + 1)
    assert (await sweep(engine, blobs, clock.now, DAY, DAY / 2)).tasks == 230
    assert row_counts(engine) == {}


async def test_blob_without_a_task_goes_when_it_is_old_enough(
    store: TaskStore, blobs: Blobs, engine: Engine, directory: Path
) -> None:
    owned = await _finished(store, blobs)
    orphan = await blobs.put(b"orphan", "bank")
    written = (directory / orphan.key).stat().st_mtime
    assert await sweep(engine, blobs, written + 3599, NEVER, NEVER) == Swept(0, 0, 0)
    assert await sweep(engine, blobs, written + 3660, NEVER, NEVER) == Swept(0, 0, orphans=1)
    assert _kept(directory) == {owned.spec.media[0].blob, owned.artifacts[0].blob}


async def test_spent_keys_and_tokens_go_and_live_ones_stay(
    blobs: Blobs, engine: Engine, idempotency: Idempotency, clock: Clock
) -> None:
    accounts = Accounts(engine, clock)
    accounts.add("bank", "x")
    for jti, life in (("short", DAY), ("long", 100 * DAY)):
        accounts.issue("bank", {"jti": jti, "iat": clock.now, "exp": clock.now + life})
    idempotency.complete(idempotency.begin("s", "spent").match("f" * 64), StoredReply(400, b"", "text/plain"))
    idempotency.begin("s", "dead")
    clock.advance(2 * DAY)
    idempotency.begin("s", "live")
    await sweep(engine, blobs, clock.now, NEVER, NEVER)
    with engine.connect() as connection:
        assert connection.execute(select(schema.tokens.c.jti)).scalars().all() == ["long"]
        assert connection.execute(select(schema.idempotency.c.key)).scalars().all() == ["live"]
