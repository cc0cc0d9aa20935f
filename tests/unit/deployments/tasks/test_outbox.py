"""Attempts, waits and ends of a delivery (contracts 1.6 and 2.7)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from deployments.tasks.outbox import JITTER, SCHEDULE, Delivery, Outbox, scaled
from deployments.tasks.store import TaskStore
from deployments.tasks.webhooks import Webhooks
from tests.unit.deployments.tasks.samples import EVENT, URL, Clock, finished


@pytest.fixture
def pending(store: TaskStore, webhooks: Webhooks) -> str:
    """The id of a finished task with one delivery that is due."""
    webhooks.register("bank", EVENT, URL)
    return finished(store).id


def _due(outbox: Outbox) -> Delivery:
    (delivery,) = outbox.due("worker", 10, 30)
    assert delivery.lease is not None
    return delivery


def _fail(outbox: Outbox, delivery: Delivery, **why: object) -> float | None:
    return outbox.failed(delivery.id, delivery.lease or "", **why or {"status": 500})  # type: ignore[arg-type]


def _only(outbox: Outbox) -> Delivery:
    (delivery,) = outbox.list("bank")
    return delivery


def test_delivery_names_what_the_sender_needs(outbox: Outbox, pending: str) -> None:
    delivery = _due(outbox)
    assert (delivery.task_id, delivery.tenant, delivery.facade, delivery.event) == (pending, "bank", "sensity", EVENT)
    assert (delivery.url, delivery.attempt) == (URL, 1)
    assert (delivery.secret or "").startswith("whsec_")
    assert "." not in delivery.id


def test_delivered_result_is_not_sent_again(outbox: Outbox, pending: str, clock: Clock) -> None:
    delivery = _due(outbox)
    assert outbox.delivered(delivery.id, delivery.lease or "", 204)
    clock.advance(1e6)
    assert outbox.due("worker", 10, 30) == []
    assert (_only(outbox).state, _only(outbox).status) == ("delivered", 204)


def test_failed_delivery_is_tried_eleven_times_on_the_schedule_under_one_id_and_then_given_up(
    outbox: Outbox, pending: str, clock: Clock
) -> None:
    ids = set()
    for attempt, wait in enumerate(SCHEDULE, start=1):
        delivery = _due(outbox)
        ids.add(delivery.id)
        assert delivery.attempt == attempt
        next_at = _fail(outbox, delivery)
        assert next_at is not None
        assert abs(next_at - clock.now - wait) <= wait * JITTER
        clock.now = next_at - 0.001
        assert outbox.due("worker", 10, 30) == []
        clock.now = next_at
    last = _due(outbox)
    ids.add(last.id)
    assert last.attempt == 11
    assert _fail(outbox, last) is None
    clock.advance(1e6)
    assert outbox.due("worker", 10, 30) == []
    assert len(ids) == 1
    assert (_only(outbox).state, _only(outbox).status, _only(outbox).attempt) == ("failed", 500, 11)


def test_waits_are_spread_by_jitter(outbox: Outbox, store: TaskStore, pending: str, clock: Clock) -> None:
    for _ in range(9):
        finished(store)
    waits = {_fail(outbox, delivery) for delivery in outbox.due("worker", 20, 30)}
    assert len(waits) == 10


def test_scaled_schedule_is_faster(engine: Engine, clock: Clock, pending: str) -> None:
    outbox = Outbox(engine, clock, scaled(0.001))
    next_at = _fail(outbox, _due(outbox))
    assert next_at is not None
    assert next_at - clock.now <= 0.006


def test_endpoint_that_asks_for_time_gets_it_up_to_an_hour(
    outbox: Outbox, store: TaskStore, pending: str, clock: Clock
) -> None:
    assert _fail(outbox, _due(outbox), status=429, retry_after=120.0) == clock.now + 120
    finished(store)
    assert _fail(outbox, _due(outbox), status=503, retry_after=1e9) == clock.now + 3600


def test_reason_of_the_last_attempt_is_kept(outbox: Outbox, pending: str) -> None:
    _fail(outbox, _due(outbox), error="timeout")
    assert (_only(outbox).state, _only(outbox).error, _only(outbox).status) == ("pending", "timeout", None)


def test_attempt_whose_process_died_is_made_again_and_its_late_report_refused(
    outbox: Outbox, pending: str, clock: Clock
) -> None:
    dead = _due(outbox)
    clock.advance(29)
    assert outbox.due("worker", 10, 30) == []
    clock.advance(1)
    again = _due(outbox)
    assert (again.id, again.attempt) == (dead.id, 2)
    assert not outbox.delivered(dead.id, dead.lease or "", 200)
    assert _fail(outbox, dead) is None
    assert not outbox.gone(dead.id, dead.lease or "")
    assert outbox.delivered(again.id, again.lease or "", 200)


def test_deliverer_that_always_dies_does_not_try_for_ever(outbox: Outbox, pending: str, clock: Clock) -> None:
    for _ in range(11):
        _due(outbox)
        clock.advance(30)
    assert outbox.due("worker", 10, 30) == []
    assert _only(outbox).state == "failed"


def test_released_delivery_is_due_at_once_and_keeps_its_attempts(outbox: Outbox, pending: str) -> None:
    _due(outbox)
    assert outbox.release("somebody else") == 0
    assert outbox.release("worker") == 1
    assert _due(outbox).attempt == 1


def test_410_disables_the_endpoint_and_cancels_all_on_its_way_there(
    outbox: Outbox, store: TaskStore, webhooks: Webhooks, pending: str, clock: Clock
) -> None:
    finished(store)
    first, _ = outbox.due("worker", 10, 30)
    assert outbox.gone(first.id, first.lease or "")
    clock.advance(1e6)
    assert outbox.due("worker", 10, 30) == []
    assert [delivery.state for delivery in outbox.list("bank")] == ["cancelled", "cancelled"]
    assert [endpoint.enabled for endpoint in webhooks.list("bank")] == [False]
    finished(store)
    assert len(outbox.list("bank")) == 2


def test_url_registered_again_after_410_gets_what_was_cancelled(
    outbox: Outbox, webhooks: Webhooks, pending: str
) -> None:
    delivery = _due(outbox)
    outbox.gone(delivery.id, delivery.lease or "")
    webhooks.register("bank", EVENT, URL)
    again = _due(outbox)
    assert (again.task_id, again.attempt) == (pending, 1)


def test_replay_sends_again_under_the_same_id(outbox: Outbox, pending: str) -> None:
    delivery = _due(outbox)
    assert not outbox.replay("bank", delivery.id)
    outbox.delivered(delivery.id, delivery.lease or "", 200)
    assert not outbox.replay("shop", delivery.id)
    assert outbox.replay("bank", delivery.id)
    again = _due(outbox)
    assert (again.id, again.attempt) == (delivery.id, 1)


def test_delivery_to_a_removed_endpoint_cannot_be_replayed(outbox: Outbox, webhooks: Webhooks, pending: str) -> None:
    delivery = _due(outbox)
    outbox.delivered(delivery.id, delivery.lease or "", 200)
    webhooks.remove("bank", EVENT)
    assert not outbox.replay("bank", delivery.id)


def test_list_shows_the_tenants_deliveries_newest_first_in_pages(
    outbox: Outbox, store: TaskStore, pending: str
) -> None:
    tasks = [pending, finished(store).id, finished(store).id]
    first = outbox.list("bank", 2)
    assert [delivery.task_id for delivery in first] == tasks[:0:-1]
    assert [delivery.task_id for delivery in outbox.list("bank", 2, before=first[-1].id)] == [pending]
    assert [delivery.task_id for delivery in outbox.list("bank", task_id=tasks[1])] == [tasks[1]]
    assert outbox.list("shop") == []


def test_deliverers_that_claim_at_once_never_get_the_same_delivery(
    outbox: Outbox, store: TaskStore, pending: str
) -> None:
    for _ in range(19):
        finished(store)
    start = Barrier(4)

    def work(name: int) -> list[str]:
        start.wait()
        return [delivery.id for _ in range(5) for delivery in outbox.due(str(name), 2, 60)]

    with ThreadPoolExecutor(4) as pool:
        claimed = [delivery_id for ids in pool.map(work, range(4)) for delivery_id in ids]
    assert len(claimed) == len(set(claimed))
    assert len(claimed) + len(outbox.due("last", 100, 60)) == 20
