"""A task's life on SQLite and PostgreSQL, by a clock that the tests turn."""

import math

import pytest
from sqlalchemy import Engine, select

from deployments.tasks.schema import audit
from deployments.tasks.schema import blobs as owned_blobs
from deployments.tasks.store import Admission, QueueFull, TaskStore
from deployments.tasks.task import ArtifactRef, Completed, Failed, State
from tests.unit.deployments.tasks.samples import REPORT, Clock, claim_one, finish, finished, media, row_counts, spec


def test_submitted_task_is_read_back_as_it_was_given(store: TaskStore, clock: Clock) -> None:
    given = spec(
        media=(media("front"), media("back")), options={"explain": True, "keywords": ["a"]}, additional_info="x\0y"
    )
    task = store.submit(given)
    read = store.get("bank", task.id)
    assert read == task
    assert read is not None
    assert (read.spec, read.state, read.attempts, read.created_at) == (given, State.QUEUED, 0, clock.now)


def test_task_of_another_tenant_is_not_there(store: TaskStore) -> None:
    task = store.submit(spec("bank"))
    assert store.get("shop", task.id) is None


def test_list_shows_the_tenants_tasks_newest_first_in_pages(store: TaskStore) -> None:
    ids = [store.submit(spec("bank")).id for _ in range(5)]
    store.submit(spec("shop"))
    first = [task.id for task in store.list("bank", 3)]
    assert first == ids[:1:-1]
    assert [task.id for task in store.list("bank", 3, before=first[-1])] == ids[1::-1]


def test_claim_takes_the_oldest_first_and_no_more_than_asked(store: TaskStore) -> None:
    ids = [store.submit(spec()).id for _ in range(5)]
    assert [task.id for task in store.claim("a", 2, 30)] == ids[:2]
    assert [task.id for task in store.claim("b", 10, 30)] == ids[2:]


def test_claim_of_an_idle_store_is_empty(store: TaskStore) -> None:
    assert store.claim("a", 10, 30) == []


def test_claimed_task_is_running_and_carries_its_lease(store: TaskStore, clock: Clock) -> None:
    store.submit(spec())
    clock.advance(2)
    claimed = claim_one(store)
    assert (claimed.state, claimed.attempts, claimed.started_at) == (State.RUNNING, 1, clock.now)
    assert claimed.lease
    read = store.get("bank", claimed.id)
    assert read is not None
    assert (read.state, read.lease) == (State.RUNNING, None)


def test_finished_task_carries_its_report_and_artifacts(store: TaskStore, clock: Clock, engine: Engine) -> None:
    task = store.submit(spec())
    claimed = claim_one(store)
    clock.advance(3)
    artifact = ArtifactRef(name="best_frame", mime="image/jpeg", blob="folder/frame", size=9)
    assert finish(store, claimed, Completed(REPORT, (artifact,)))
    read = store.get("bank", task.id)
    assert read is not None
    assert (read.state, read.report, read.artifacts, read.finished_at) == (
        State.COMPLETED,
        REPORT,
        (artifact,),
        clock.now,
    )
    with engine.connect() as connection:
        owned = set(connection.execute(select(owned_blobs.c.key, owned_blobs.c.purpose)).tuples())
    assert owned == {(task.spec.media[0].blob, "media"), ("folder/frame", "artifact")}


def test_report_keeps_the_order_of_its_keys(store: TaskStore) -> None:
    task = store.submit(spec())
    finish(store, claim_one(store), Completed({"zebra": 1, "apple": {"y": 1, "x": 2}}))
    read = store.get("bank", task.id)
    assert read is not None
    assert read.report is not None
    assert list(read.report) == ["zebra", "apple"]
    assert list(read.report["apple"]) == ["y", "x"]


def test_failed_task_carries_its_reason(store: TaskStore) -> None:
    task = store.submit(spec())
    assert finish(store, claim_one(store), Failed("corrupt_media", "the image cannot be decoded", "extra_file"))
    read = store.get("bank", task.id)
    assert read is not None
    assert read.error_subject == "extra_file"
    assert (read.state, read.error_code, read.error) == (State.FAILED, "corrupt_media", "the image cannot be decoded")
    assert read.report is None


def test_report_that_is_not_json_is_refused_and_the_task_stays_claimed(store: TaskStore) -> None:
    task = store.submit(spec())
    claimed = claim_one(store)
    with pytest.raises(Exception, match="JSON"):
        finish(store, claimed, Completed({"score": math.nan}))
    assert finish(store, claimed)
    read = store.get("bank", task.id)
    assert read is not None
    assert read.state is State.COMPLETED


def test_task_can_be_finished_only_once(store: TaskStore) -> None:
    task = store.submit(spec())
    claimed = claim_one(store)
    assert finish(store, claimed)
    assert not finish(store, claimed, Failed("late", "too late"))
    read = store.get("bank", task.id)
    assert read is not None
    assert read.state is State.COMPLETED


def test_task_whose_lease_expired_is_claimed_again_and_the_stale_holder_is_refused(
    store: TaskStore, clock: Clock
) -> None:
    store.submit(spec())
    stale = claim_one(store, "a", lease_s=30)
    clock.advance(29)
    assert store.claim("b", 10, 30) == []
    clock.advance(1)
    fresh = claim_one(store, "b")
    assert (fresh.id, fresh.attempts) == (stale.id, 2)
    assert stale.lease is not None
    assert store.heartbeat([(stale.id, stale.lease)], 30) == set()
    assert not finish(store, stale, Failed("stale", "stale"))
    assert not store.requeue(stale.id, stale.lease, 0, use_attempt=True)
    assert not store.attach(stale.id, stale.lease, media())
    assert finish(store, fresh)


def test_holder_may_finish_after_its_lease_expired_when_nobody_took_the_task(store: TaskStore, clock: Clock) -> None:
    store.submit(spec())
    claimed = claim_one(store, lease_s=30)
    clock.advance(300)
    assert finish(store, claimed)


def test_tasks_of_services_that_are_left_alone_wait_and_keep_no_other_from_its_turn(store: TaskStore) -> None:
    slow, quick = store.submit(spec(service="voice_analysis")), store.submit(spec())
    assert [task.id for task in store.claim("a", 10, 30, ("voice_analysis",))] == [quick.id]
    assert store.claim("a", 10, 30, ("voice_analysis",)) == []
    assert [task.id for task in store.claim("a", 10, 30)] == [slow.id]


def test_heartbeat_keeps_a_lease_alive(store: TaskStore, clock: Clock) -> None:
    store.submit(spec())
    claimed = claim_one(store, lease_s=30)
    assert claimed.lease is not None
    for _ in range(5):
        clock.advance(20)
        assert store.heartbeat([(claimed.id, claimed.lease), ("unknown", "x")], 30) == {claimed.id}
        assert store.claim("b", 10, 30) == []


def test_progress_travels_with_the_heartbeat_of_its_holder_only(store: TaskStore) -> None:
    task = store.submit(spec())
    claimed = claim_one(store)
    assert claimed.lease is not None
    assert claimed.progress is None

    def progress() -> float | None:
        read = store.get("bank", task.id)
        assert read is not None
        return read.progress

    store.heartbeat([(task.id, claimed.lease)], 30, {task.id: 0.25, "unknown": 0.9})
    store.heartbeat([(task.id, claimed.lease)], 30)
    assert progress() == 0.25
    store.heartbeat([(task.id, "somebody else's")], 30, {task.id: 0.75})
    assert progress() == 0.25
    assert store.requeue(task.id, claimed.lease, 0, use_attempt=True)
    assert progress() is None, "another attempt begins anew"


def test_task_fails_as_worker_lost_when_its_third_lease_expires(store: TaskStore, clock: Clock) -> None:
    task = store.submit(spec())
    for attempt in (1, 2, 3):
        assert claim_one(store, lease_s=30).attempts == attempt
        clock.advance(30)
    assert store.claim("a", 10, 30) == []
    read = store.get("bank", task.id)
    assert read is not None
    assert (read.state, read.error_code, read.error) == (State.FAILED, "worker_lost", "worker lost")
    assert read.attempts == 3


def test_requeued_task_waits_for_its_delay(store: TaskStore, clock: Clock) -> None:
    store.submit(spec())
    claimed = claim_one(store)
    assert claimed.lease is not None
    assert store.requeue(claimed.id, claimed.lease, 10, use_attempt=True)
    clock.advance(9)
    assert store.claim("b", 10, 30) == []
    clock.advance(1)
    assert claim_one(store, "b").attempts == 2


def test_requeue_that_uses_the_last_attempt_fails_the_task(store: TaskStore) -> None:
    task = store.submit(spec())
    for _ in range(3):
        claimed = claim_one(store)
        assert claimed.lease is not None
        assert store.requeue(claimed.id, claimed.lease, 0, use_attempt=True)
    assert store.claim("a", 10, 30) == []
    read = store.get("bank", task.id)
    assert read is not None
    assert (read.state, read.error_code, read.attempts) == (State.FAILED, "worker_lost", 3)


def test_requeue_for_overload_uses_no_attempt(store: TaskStore) -> None:
    store.submit(spec())
    for _ in range(10):
        claimed = claim_one(store)
        assert claimed.attempts == 1
        assert claimed.lease is not None
        assert store.requeue(claimed.id, claimed.lease, 0, use_attempt=False)


def test_release_hands_back_all_of_a_worker_and_nothing_of_another(store: TaskStore) -> None:
    for _ in range(3):
        store.submit(spec())
    held = store.claim("a", 2, 30)
    other = claim_one(store, "b")
    assert store.release("a") == 2
    again = store.claim("c", 10, 30)
    assert [(task.id, task.attempts) for task in again] == [(task.id, 1) for task in held]
    assert finish(store, other)
    assert not finish(store, held[0])


def test_fetched_media_takes_the_place_of_its_url(store: TaskStore) -> None:
    pending = media(blob="", sha256="", size=0, mime="", kind="url", url="https://cdn.example/a.jpg")
    task = store.submit(spec(media=(pending, media("extra_file"))))
    claimed = claim_one(store)
    fetched = media(blob="folder/fetched", url=pending.url)
    assert claimed.lease is not None
    assert store.attach(task.id, claimed.lease, fetched)
    read = store.get("bank", task.id)
    assert read is not None
    assert read.media("file") == fetched
    assert set(store.erase("bank", task.id) or ()) == {"folder/fetched", task.spec.media[1].blob}


def test_depth_counts_what_is_queued_and_running(store: TaskStore) -> None:
    for _ in range(4):
        store.submit(spec())
    finish(store, store.claim("a", 2, 30)[0])
    assert store.depth() == {State.QUEUED: 2, State.RUNNING: 1}


def test_full_queue_refuses_and_writes_nothing_until_a_task_ends(store: TaskStore, engine: Engine) -> None:
    limits = Admission(total=2, retry_after=7)
    for _ in range(2):
        store.submit(spec(), limits=limits)
    before = row_counts(engine)
    with pytest.raises(QueueFull) as refusal:
        store.submit(spec("shop"), limits=limits)
    assert refusal.value.retry_after == 7
    assert row_counts(engine) == before
    finish(store, store.claim("a", 1, 30)[0])
    store.submit(spec("shop"), limits=limits)


def test_tenant_at_its_limit_leaves_room_for_the_others(store: TaskStore) -> None:
    limits = Admission(per_tenant=1)
    store.submit(spec("bank"), limits=limits)
    with pytest.raises(QueueFull):
        store.submit(spec("bank"), limits=limits)
    store.submit(spec("shop"), limits=limits)


def test_erasure_leaves_nothing_but_an_audit_row_without_personal_data(
    store: TaskStore, engine: Engine, clock: Clock
) -> None:
    task = finished(store, additional_info="Jane Roe", options={"name": "Jane Roe"})
    keys = store.erase("bank", task.id)
    assert keys == [task.spec.media[0].blob]
    assert row_counts(engine) == {"audit": 1}
    with engine.connect() as connection:
        row = connection.execute(select(audit)).mappings().one()
    expected = {
        "at": clock.now,
        "action": "erased",
        "tenant": "bank",
        "task_id": task.id,
        "service": "liveness_detection",
    }
    assert {name: value for name, value in row.items() if name != "id"} == expected


def test_erasure_of_a_running_task_refuses_its_result(store: TaskStore, engine: Engine) -> None:
    store.submit(spec())
    claimed = claim_one(store)
    assert store.erase("bank", claimed.id) is not None
    assert not finish(store, claimed)
    assert row_counts(engine) == {"audit": 1}


def test_only_the_owner_can_erase_a_task(store: TaskStore, engine: Engine) -> None:
    task = finished(store)
    before = row_counts(engine)
    assert store.erase("shop", task.id) is None
    assert row_counts(engine) == before


def test_what_is_logged_of_a_task_shows_no_personal_data(store: TaskStore) -> None:
    store.submit(spec(additional_info="Jane Roe", options={"name": "Jane Roe"}))
    claimed = claim_one(store)
    finish(store, claimed, Completed({"data": {"name": "Jane Roe"}}))
    assert "Jane Roe" not in repr([claimed, store.get("bank", claimed.id)])


def test_ended_are_those_that_finished_and_those_that_are_gone(store: TaskStore) -> None:
    done, waiting, erased = (store.submit(spec()) for _ in range(3))
    for claimed in store.claim("worker", 3, 60):
        if claimed.id == done.id:
            finish(store, claimed, Completed({}))
    store.erase(erased.spec.tenant, erased.id)
    assert store.ended([done.id, waiting.id, erased.id]) == {done.id, erased.id}
