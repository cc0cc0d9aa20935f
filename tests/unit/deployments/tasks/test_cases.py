"""Cases: their batches are announced once, and they go with all that hangs on them."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select

from deployments.tasks.blobs import Blobs
from deployments.tasks.case import Batch, Case, Medium
from deployments.tasks.cases import CaseFull, Cases, CaseUnknown
from deployments.tasks.idempotency import Idempotency, StoredReply
from deployments.tasks.outbox import Outbox
from deployments.tasks.retention import sweep
from deployments.tasks.schema import audit, blobs
from deployments.tasks.store import Admission, QueueFull, TaskStore
from deployments.tasks.task import ArtifactRef, Completed, Failed, MediaRef, Task, TaskSpec
from tests.unit.deployments.tasks.samples import REPORT, Clock, claim_one, finish, row_counts

HOOK = "https://bank.example/oz"


@pytest.fixture
def made(engine: Engine, clock: Clock) -> Cases:
    return Cases(engine, clock)


def medium(case_id: str, **values: Any) -> Medium:
    stored = {"kind": "image", "mime": "image/jpeg", "blob": f"folder/{uuid4()}", "sha256": "ab" * 32, "size": 3}
    return Medium(id=str(uuid4()), case_id=case_id, **stored | values)


def new_case(tenant: str = "bank", files: int = 1, **values: Any) -> Case:
    case_id = str(uuid4())
    return Case(id=case_id, tenant=tenant, media=tuple(medium(case_id) for _ in range(files)), **values)


def analysis(case: Case) -> TaskSpec:
    refs = tuple(
        MediaRef(role=m.id, blob=m.blob, sha256=m.sha256, size=m.size, mime=m.mime, kind=m.kind) for m in case.media
    )
    return TaskSpec(tenant=case.tenant, facade="oz", service="liveness_set", media=refs, case=case.id)


def end_all(store: TaskStore) -> list[Task]:
    claimed = store.claim("worker", 100, 30)
    for task in claimed:
        finish(store, task)
    return claimed


def test_a_case_is_found_with_its_media_and_tasks_by_its_tenant_only(made: Cases) -> None:
    case = new_case(files=2, meta_data={"a": 1})
    made.create(case, Batch(specs=[analysis(case)]))
    found = made.get("bank", case.id)
    assert found is not None
    assert (found.meta_data, len(found.media), len(found.tasks)) == ({"a": 1}, 2, 1)
    assert found.tasks[0].spec.case == case.id
    assert made.get("other", case.id) is None
    assert made.list("other", 10) == ([], 0)


def test_a_batch_is_announced_once_when_its_last_task_ended_however_it_ended(
    made: Cases, store: TaskStore, outbox: Outbox
) -> None:
    case = new_case()
    made.create(case, Batch(specs=[analysis(case), analysis(case)], hook=HOOK))
    first, second = store.claim("worker", 10, 30)
    finish(store, first)
    assert outbox.list("bank") == []
    finish(store, second, Failed("corrupt_media", "damaged"))
    (delivery,) = outbox.list("bank")
    assert (delivery.url, delivery.facade) == (HOOK, "oz")


def test_the_next_batch_is_announced_again_to_the_url_of_the_case(
    made: Cases, store: TaskStore, outbox: Outbox
) -> None:
    case = new_case()
    made.create(case, Batch(hook=HOOK))
    for _ in range(2):
        made.analyse("bank", case.id, Batch(specs=[analysis(case)]))
        end_all(store)
    made.analyse("bank", case.id, Batch(specs=[analysis(case)], hook=f"{HOOK}/2"))
    end_all(store)
    assert sorted(str(delivery.url) for delivery in outbox.list("bank")) == [HOOK, HOOK, f"{HOOK}/2"]


def test_batches_that_overlap_wait_for_all_of_the_case(made: Cases, store: TaskStore, outbox: Outbox) -> None:
    case = new_case()
    made.create(case, Batch(specs=[analysis(case)], hook=HOOK))
    made.analyse("bank", case.id, Batch(specs=[analysis(case)]))
    first, second = store.claim("worker", 10, 30)
    finish(store, first)
    assert outbox.list("bank") == []
    finish(store, second)
    assert len(outbox.list("bank")) == 1


def test_tasks_that_end_at_the_same_moment_announce_their_case_exactly_once(
    made: Cases, store: TaskStore, outbox: Outbox
) -> None:
    for _ in range(10):
        case = new_case()
        made.create(case, Batch(specs=[analysis(case)] * 4, hook=HOOK))
    claimed = store.claim("worker", 100, 30)
    threads = [
        threading.Thread(target=lambda some=claimed[n::4]: [finish(store, task) for task in some])  # type: ignore[misc]
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outbox.list("bank")) == 10


def test_erasing_the_last_open_task_announces_the_rest(made: Cases, store: TaskStore, outbox: Outbox) -> None:
    case = new_case()
    made.create(case, Batch(specs=[analysis(case), analysis(case)], hook=HOOK))
    first, second = store.claim("worker", 10, 30)
    finish(store, first)
    store.erase("bank", second.id)
    assert len(outbox.list("bank")) == 1


def test_media_belong_to_the_case_and_not_to_its_tasks(made: Cases, store: TaskStore, engine: Engine) -> None:
    case = new_case()
    made.create(case, Batch(specs=[analysis(case)]))
    task = claim_one(store)
    assert store.erase("bank", task.id) == []
    with engine.connect() as connection:
        assert connection.execute(select(blobs.c.key)).scalars().all() == [case.media[0].blob]


def test_erasing_a_case_erases_media_tasks_and_results_and_leaves_an_audit_row(
    made: Cases, store: TaskStore, engine: Engine
) -> None:
    case = new_case(files=2)
    made.create(case, Batch(specs=[analysis(case)], hook=HOOK))
    frame = ArtifactRef(name="best_frame.jpg", mime="image/jpeg", blob="folder/frame", size=3)
    finish(store, claim_one(store), Completed(REPORT, (frame,)))
    assert made.erase("other", case.id) is None
    assert set(made.erase("bank", case.id) or ()) == {case.media[0].blob, case.media[1].blob, "folder/frame"}
    assert row_counts(engine) == {"endpoints": 1, "audit": 1}
    with engine.connect() as connection:
        assert connection.execute(select(audit.c.task_id)).scalar_one() == case.id


def test_a_case_takes_no_more_media_than_it_may(made: Cases) -> None:
    case = new_case(files=2)
    made.create(case, Batch())
    with pytest.raises(CaseFull):
        made.add_media("bank", case.id, [medium(case.id), medium(case.id)], 3)
    assert len(made.add_media("bank", case.id, [medium(case.id)], 3).media) == 3
    with pytest.raises(CaseUnknown):
        made.add_media("other", case.id, [medium(case.id)], 10)


def test_a_full_queue_writes_nothing(made: Cases, engine: Engine) -> None:
    case = new_case()
    with pytest.raises(QueueFull):
        made.create(case, Batch(specs=[analysis(case)] * 3, limits=Admission(total=2)))
    assert row_counts(engine) == {}


def test_a_medium_can_be_erased_by_its_tenant(made: Cases) -> None:
    case = new_case(files=2)
    made.create(case, Batch())
    gone = case.media[0]
    assert made.erase_medium("other", gone.id) is None
    assert made.erase_medium("bank", gone.id) == [gone.blob]
    assert made.medium(gone.id) is None
    assert made.medium(case.media[1].id) is not None


async def test_retention_lets_cases_go_as_a_whole_and_spares_their_media_until_then(
    made: Cases, store: TaskStore, engine: Engine, clock: Clock, tmp_path: Any
) -> None:
    place = Blobs(str(tmp_path / "blobs"))
    case = new_case(files=0)
    stored = await place.put(b"jpeg", "bank")
    case = Case(id=case.id, tenant="bank", media=(medium(case.id, blob=stored.key),))
    made.create(case, Batch(specs=[analysis(case)]))
    end_all(store)
    clock.advance(50)
    await sweep(engine, place, clock(), result_ttl=100, media_ttl=100, orphan_age=-1e9)
    assert await place.get(stored.key) == b"jpeg"
    clock.advance(100)
    swept = await sweep(engine, place, clock(), result_ttl=1000, media_ttl=100)
    found = made.get("bank", case.id)
    assert found is not None
    assert (swept.media, found.media[0].blob) == (1, "")
    swept = await sweep(engine, place, clock(), result_ttl=100, media_ttl=100)
    assert (swept.tasks, made.get("bank", case.id)) == (1, None)
    assert row_counts(engine) == {}


async def test_a_case_that_must_leave_nothing_goes_when_its_request_died(
    made: Cases, engine: Engine, clock: Clock, tmp_path: Any
) -> None:
    made.create(new_case(expires_at=clock() + 600), Batch())
    clock.advance(601)
    await sweep(engine, Blobs(str(tmp_path)), clock(), result_ttl=1e6, media_ttl=1e6)
    assert row_counts(engine) == {}


def test_a_reply_that_waits_for_results_leaves_its_case_to_whoever_takes_the_key_over(
    made: Cases, idempotency: Idempotency, clock: Clock
) -> None:
    case = new_case()
    key = idempotency.begin("bank POST /api/folders", "k").match("f" * 64)
    made.create(case, Batch(specs=[analysis(case)]), key=key)
    clock.advance(3600)
    taken = idempotency.begin("bank POST /api/folders", "k").match("f" * 64)
    assert (taken.state, taken.case_id) == ("new", case.id)
    assert idempotency.complete(taken, StoredReply(201, b"{}", "application/json"), case_id=case.id)
    made.erase("bank", case.id)
    assert idempotency.begin("bank POST /api/folders", "k").match("f" * 64).case_id is None


def test_only_the_call_that_names_a_url_returns_its_secret(made: Cases) -> None:
    case = new_case()
    named = made.create(case, Batch(hook=HOOK))
    assert (named.hook_secret or "").startswith("whsec_")
    assert named.hook_secret not in repr(named)
    assert made.analyse("bank", case.id, Batch(specs=[analysis(case)])).hook_secret is None
    found = made.get("bank", case.id)
    assert found is not None
    assert found.hook_secret is None
