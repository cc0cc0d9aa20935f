"""The table of contracts 1.3, row by row."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from deployments.tasks.idempotency import Conflict, Idempotency, IdempotencyClaim, Mismatch, StoredReply
from deployments.tasks.store import TaskStore
from deployments.tasks.task import Task
from tests.unit.deployments.tasks.samples import Clock, row_counts, spec

SCOPE, KEY = "bank POST /tasks/liveness_detection", "key-1"
FIRST, OTHER = "a" * 64, "b" * 64
BAD_REQUEST = StoredReply(400, b'{"success":false}', "application/json")


def _created(task: Task) -> StoredReply:
    return StoredReply(200, b'{"report_id":"%s"}' % task.id.encode(), "application/json")


def _submit(store: TaskStore, claim: IdempotencyClaim) -> Task:
    return store.submit(spec(), reply=_created, key=claim)


def test_first_use_runs(idempotency: Idempotency) -> None:
    claim = idempotency.begin(SCOPE, KEY).match(FIRST)
    assert (claim.state, claim.reply, claim.task_id) == ("new", None, None)


def test_same_request_again_gets_the_stored_reply(idempotency: Idempotency, store: TaskStore) -> None:
    task = _submit(store, idempotency.begin(SCOPE, KEY).match(FIRST))
    again = idempotency.begin(SCOPE, KEY).match(FIRST)
    assert (again.state, again.reply, again.task_id) == ("finished", _created(task), task.id)


def test_same_key_for_another_request_is_a_mismatch(idempotency: Idempotency, store: TaskStore) -> None:
    _submit(store, idempotency.begin(SCOPE, KEY).match(FIRST))
    with pytest.raises(Mismatch):
        idempotency.begin(SCOPE, KEY).match(OTHER)


def test_same_key_while_the_first_request_runs_is_a_conflict(idempotency: Idempotency) -> None:
    idempotency.begin(SCOPE, KEY)
    with pytest.raises(Conflict):
        idempotency.begin(SCOPE, KEY).match(FIRST)


def test_keys_of_different_tenants_never_meet(idempotency: Idempotency, store: TaskStore) -> None:
    _submit(store, idempotency.begin(SCOPE, KEY).match(FIRST))
    assert idempotency.begin(SCOPE.replace("bank", "shop"), KEY).match(OTHER).state == "new"


def test_client_error_is_stored_and_sent_again(idempotency: Idempotency) -> None:
    assert idempotency.complete(idempotency.begin(SCOPE, KEY).match(FIRST), BAD_REQUEST)
    assert idempotency.begin(SCOPE, KEY).match(FIRST).reply == BAD_REQUEST


def test_abandoned_key_can_be_used_for_a_retry(idempotency: Idempotency) -> None:
    idempotency.abandon(idempotency.begin(SCOPE, KEY))
    assert idempotency.begin(SCOPE, KEY).match(OTHER).state == "new"


def test_finished_key_cannot_be_abandoned(idempotency: Idempotency) -> None:
    claim = idempotency.begin(SCOPE, KEY).match(FIRST)
    idempotency.complete(claim, BAD_REQUEST)
    idempotency.abandon(claim)
    assert idempotency.begin(SCOPE, KEY).state == "finished"


def test_stored_reply_is_forgotten_after_a_day(idempotency: Idempotency, clock: Clock) -> None:
    idempotency.complete(idempotency.begin(SCOPE, KEY).match(FIRST), BAD_REQUEST)
    clock.advance(86399)
    assert idempotency.begin(SCOPE, KEY).state == "finished"
    clock.advance(1)
    again = idempotency.begin(SCOPE, KEY).match(OTHER)
    assert (again.state, again.reply) == ("new", None)


def test_key_of_a_dead_gateway_is_free_after_a_minute_without_a_sign_of_life(
    idempotency: Idempotency, clock: Clock
) -> None:
    claim = idempotency.begin(SCOPE, KEY)
    clock.advance(50)
    assert idempotency.refresh(claim)
    clock.advance(50)
    assert idempotency.begin(SCOPE, KEY).state == "running"
    clock.advance(10)
    assert idempotency.begin(SCOPE, KEY).state == "new"
    assert not idempotency.refresh(claim)
    assert not idempotency.complete(claim.match(FIRST), BAD_REQUEST)


def test_request_that_lost_its_key_submits_nothing(
    idempotency: Idempotency, store: TaskStore, clock: Clock, engine: Engine
) -> None:
    slow = idempotency.begin(SCOPE, KEY).match(FIRST)
    clock.advance(60)
    fast = idempotency.begin(SCOPE, KEY).match(FIRST)
    with pytest.raises(Conflict):
        _submit(store, slow)
    assert row_counts(engine) == {"idempotency": 1}
    task = _submit(store, fast)
    assert [found.id for found in store.list("bank", 10)] == [task.id]


def test_retry_after_a_dead_gateway_finds_the_task_it_had_submitted(
    idempotency: Idempotency, store: TaskStore, clock: Clock
) -> None:
    task = store.submit(spec(), key=idempotency.begin(SCOPE, KEY).match(FIRST))
    assert idempotency.begin(SCOPE, KEY).state == "running"
    clock.advance(60)
    retry = idempotency.begin(SCOPE, KEY).match(FIRST)
    assert (retry.state, retry.task_id) == ("new", task.id)
    assert idempotency.complete(retry, BAD_REQUEST)
    assert idempotency.begin(SCOPE, KEY).match(FIRST).task_id == task.id


def test_erasing_a_task_erases_the_reply_that_speaks_of_it(
    idempotency: Idempotency, store: TaskStore, engine: Engine
) -> None:
    claim = idempotency.begin(SCOPE, KEY).match(FIRST)
    task = store.submit(spec(), key=claim)
    idempotency.complete(claim, StoredReply(200, b'{"name":"Jane Roe"}', "application/json"), task.id)
    store.erase("bank", task.id)
    assert row_counts(engine) == {"audit": 1}


def test_of_many_simultaneous_requests_exactly_one_runs(idempotency: Idempotency) -> None:
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: idempotency.begin(SCOPE, KEY).state, range(16)))
    assert sorted(states) == ["new"] + ["running"] * 15
