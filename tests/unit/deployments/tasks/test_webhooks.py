"""Endpoints, and what a late registration still gets."""

import base64
from collections.abc import Callable
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, event

from deployments.tasks.outbox import Outbox
from deployments.tasks.store import TaskStore
from deployments.tasks.task import Failed
from deployments.tasks.webhooks import MAX_URL, Webhooks
from tests.unit.deployments.tasks.samples import EVENT, URL, Clock, claim_one, finish, finished, row_counts, spec


def test_registered_endpoint_gets_a_secret_of_its_own(webhooks: Webhooks) -> None:
    one, two = webhooks.register("bank", EVENT, URL), webhooks.register("bank", EVENT, URL + "2")
    assert one.secret != two.secret
    for endpoint in (one, two):
        assert len(base64.b64decode(endpoint.secret.removeprefix("whsec_"))) == 32
    assert webhooks.list("bank", EVENT) == [one, two]


def test_same_url_twice_is_one_endpoint(webhooks: Webhooks) -> None:
    assert webhooks.register("bank", EVENT, URL) == webhooks.register("bank", EVENT, URL)
    assert len(webhooks.list("bank")) == 1


def test_endpoints_of_other_tenants_and_events_are_apart(webhooks: Webhooks) -> None:
    webhooks.register("shop", EVENT, URL)
    webhooks.register("bank", "other_event", URL)
    assert webhooks.list("bank", EVENT) == []
    assert webhooks.remove("bank", EVENT) == 0
    assert len(webhooks.list("shop")) == 1


def test_url_that_is_too_long_is_refused(webhooks: Webhooks) -> None:
    with pytest.raises(ValueError, match="2000"):
        webhooks.register("bank", EVENT, "https://bank.example/" + "x" * MAX_URL)


def test_task_of_a_tenant_without_webhooks_costs_no_row(store: TaskStore, webhooks: Webhooks, engine: Engine) -> None:
    webhooks.register("shop", EVENT, URL)
    finished(store)
    assert "deliveries" not in row_counts(engine)


def test_each_endpoint_gets_exactly_one_delivery(store: TaskStore, webhooks: Webhooks, outbox: Outbox) -> None:
    urls = {webhooks.register("bank", EVENT, f"{URL}{number}").url for number in range(3)}
    task = finished(store)
    due = outbox.due("worker", 10, 30)
    assert {delivery.url for delivery in due} == urls
    assert len(due) == 3
    assert {delivery.task_id for delivery in due} == {task.id}


def test_failed_and_worker_lost_tasks_are_delivered_too(
    store: TaskStore, webhooks: Webhooks, outbox: Outbox, clock: Clock
) -> None:
    webhooks.register("bank", EVENT, URL)
    failed, lost = store.submit(spec()), store.submit(spec())
    finish(store, store.claim("a", 1, 30)[0], Failed("corrupt_media", "cannot be decoded"))
    for _ in range(3):
        claim_one(store, lease_s=30)
        clock.advance(30)
    assert store.claim("a", 1, 30) == []
    assert {delivery.task_id for delivery in outbox.due("worker", 10, 30)} == {failed.id, lost.id}


def test_url_registered_late_still_gets_the_result(
    store: TaskStore, webhooks: Webhooks, outbox: Outbox, clock: Clock
) -> None:
    task = finished(store)
    clock.advance(2400)
    endpoint = webhooks.register("bank", EVENT, URL)
    (delivery,) = outbox.due("worker", 10, 30)
    assert (delivery.task_id, delivery.url, delivery.attempt) == (task.id, endpoint.url, 1)


def test_url_registered_twice_late_gets_the_result_once(store: TaskStore, webhooks: Webhooks, outbox: Outbox) -> None:
    finished(store)
    for _ in range(2):
        webhooks.register("bank", EVENT, URL)
    assert len(outbox.due("worker", 10, 30)) == 1


def test_url_registered_too_late_gets_nothing(
    store: TaskStore, webhooks: Webhooks, outbox: Outbox, clock: Clock
) -> None:
    finished(store)
    clock.advance(3600)
    webhooks.register("bank", EVENT, URL)
    assert outbox.due("worker", 10, 30) == []


def test_result_that_somebody_received_is_not_sent_to_a_late_url(
    store: TaskStore, webhooks: Webhooks, outbox: Outbox
) -> None:
    webhooks.register("bank", EVENT, URL)
    finished(store)
    (delivery,) = outbox.due("worker", 10, 30)
    outbox.delivered(delivery.id, delivery.lease or "", 200)
    webhooks.register("bank", EVENT, URL + "late")
    assert outbox.due("worker", 10, 30) == []


def test_results_of_another_tenant_are_never_sent_to_a_late_url(
    store: TaskStore, webhooks: Webhooks, outbox: Outbox
) -> None:
    finished(store, tenant="shop")
    webhooks.register("bank", EVENT, URL)
    assert outbox.due("worker", 10, 30) == []


def test_removed_endpoint_takes_its_pending_deliveries_along(
    store: TaskStore, webhooks: Webhooks, outbox: Outbox
) -> None:
    keep = webhooks.register("bank", EVENT, URL)
    drop = webhooks.register("bank", EVENT, URL + "drop")
    finished(store)
    assert webhooks.remove("bank", EVENT, drop.id) == 1
    assert webhooks.list("bank") == [keep]
    assert [delivery.url for delivery in outbox.due("worker", 10, 30)] == [keep.url]
    assert {(delivery.state, delivery.url) for delivery in outbox.list("bank")} == {
        ("pending", URL),
        ("cancelled", None),
    }


def test_removing_all_endpoints_of_an_event_counts_them(webhooks: Webhooks) -> None:
    for number in range(3):
        webhooks.register("bank", EVENT, f"{URL}{number}")
    assert webhooks.remove("bank", EVENT) == 3
    assert webhooks.remove("bank", EVENT) == 0


def test_erasure_takes_pending_deliveries_along(
    store: TaskStore, webhooks: Webhooks, outbox: Outbox, engine: Engine
) -> None:
    webhooks.register("bank", EVENT, URL)
    task = finished(store)
    store.erase("bank", task.id)
    assert outbox.due("worker", 10, 30) == []
    assert row_counts(engine) == {"audit": 1, "endpoints": 1}


@pytest.mark.parametrize("order", ["the end is committed last", "the registration is committed last"])
def test_task_that_ends_while_a_url_is_registered_is_delivered_exactly_once(
    store: TaskStore, webhooks: Webhooks, outbox: Outbox, engine: Engine, order: str
) -> None:
    store.submit(spec())
    claimed = claim_one(store)
    actions: list[Callable[[], object]] = [
        lambda: finish(store, claimed),
        lambda: webhooks.register("bank", EVENT, URL),
    ]
    if order == "the registration is committed last":
        actions.reverse()
    late, early = Thread(target=actions[0]), Thread(target=actions[1])
    holding, go = Event(), Event()

    def hold(_: object) -> None:
        if not holding.is_set():
            holding.set()
            go.wait(60)

    event.listen(engine, "commit", hold)
    late.start()
    assert holding.wait(60)
    early.start()
    early.join(0.2)  # Enough to read what is committed, were it not made to wait.
    go.set()
    late.join(60)
    early.join(60)
    assert len(outbox.due("worker", 10, 30)) == 1
