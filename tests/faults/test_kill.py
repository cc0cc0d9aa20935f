"""kill -9 while 200 tasks are in flight: every accepted task ends once, and every result is delivered."""

import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from standardwebhooks import Webhook

from deployments.tasks.database import open_database
from deployments.tasks.store import TaskStore
from tests.pictures import astronaut, hopper, nobody
from tests.receiver import Receiver, receiving
from tests.running import Cluster

TASKS = 200
VICTIMS = ("dispatcher", "vision", "media", "gateway")
EVENT = "liveness_detection_analysis_complete"

pytestmark = [pytest.mark.cluster, pytest.mark.weights, pytest.mark.timeout(600)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def faulty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of its own on each database: it is going to suffer."""
    environment = {}
    if request.param == "postgres":
        environment["VERISCOPE_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    cluster = Cluster(tmp_path / "home", environment)
    cluster.start()
    yield cluster
    if cluster.process is not None and cluster.process.poll() is None:
        cluster.kill_all()


def submit(client: httpx.Client, number: int) -> str:
    """Submits until it is accepted; the idempotency key makes trying again safe when an answer was lost."""
    key = uuid.uuid4().hex
    picture = (astronaut(), hopper(), nobody())[number % 3]
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            reply = client.post(
                "/tasks/liveness_detection",
                files={"file": ("face.jpg", picture)},
                data={"additional_info": str(number)},
                headers={"Idempotency-Key": key},
            )
            if reply.status_code == 200:
                return str(reply.json()["report_id"])
            assert reply.status_code in (409, 429, 500, 502, 503), reply.text
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"task {number} was not accepted within two minutes")


def results(client: httpx.Client, ids: list[str], seconds: float) -> dict[str, dict[str, object]]:
    """The terminal answer of every task."""
    ended: dict[str, dict[str, object]] = {}
    deadline = time.monotonic() + seconds
    while len(ended) < len(ids) and time.monotonic() < deadline:
        for task in (task for task in ids if task not in ended):
            try:
                body = client.get(f"/tasks/liveness_detection/{task}").json()
            except (httpx.TransportError, ValueError):
                break
            if body.get("status") in ("completed", "failed"):
                ended[task] = body
        time.sleep(0.25)
    return ended


def until(condition: object, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.1)


def kill_in_turn(cluster: Cluster, database: Engine) -> dict[str, tuple[int, int]]:
    """Kills one deployment after another; deployment -> replicas killed, tasks unfinished at that moment."""
    killed = {}
    store = TaskStore(database)
    for victim in VICTIMS:
        until(lambda victim=victim: cluster.replicas(victim), 60)
        unfinished = sum(store.depth().values())
        killed[victim] = cluster.kill(victim), unfinished
        time.sleep(1.5)
    return killed


def assert_nothing_lost(client: httpx.Client, receiver: Receiver, secret: str, ids: list[str]) -> None:
    ended = results(client, ids, 180)
    assert len(ids) == len(set(ids)) == TASKS
    assert set(ended) == set(ids), f"{TASKS - len(ended)} tasks did not end"
    until(lambda: {item.json["id"] for item in receiver.received} >= set(ids), 60)
    bodies, webhook_ids = defaultdict(list), defaultdict(set)
    for item in receiver.received:
        Webhook(secret).verify(item.body, item.headers)
        bodies[item.json["id"]].append(item.json)
        webhook_ids[item.json["id"]].add(item.headers["webhook-id"])
    assert set(bodies) == set(ids), "some results were never delivered"
    assert all(len(found) == 1 for found in webhook_ids.values()), "a delivery went out under two ids"
    contradictory = [task for task in ids if any(body != ended[task] for body in bodies[task])]
    assert not contradictory
    for number, task in enumerate(ids):
        assert ended[task]["additional_info"] == str(number), "answers were mixed up"
        if ended[task]["status"] == "completed":
            assert ended[task]["no_faces"] is (number % 3 == 2), "answers were mixed up"


def test_nothing_is_lost_while_every_part_is_killed_in_turn(faulty: Cluster) -> None:
    database = open_database(faulty.settings().database)
    with receiving() as receiver, faulty.client() as client, ThreadPoolExecutor(17) as pool:
        secret = client.post(f"/webhooks/{EVENT}", data={"url": receiver.url}).json()["secret"]
        accepted = [pool.submit(submit, client, number) for number in range(TASKS)]
        until(lambda: sum(one.done() for one in accepted) > TASKS // 4, 60)
        killed = kill_in_turn(faulty, database)
        assert_nothing_lost(client, receiver, secret, [one.result() for one in accepted])
    assert all(replicas and unfinished for replicas, unfinished in killed.values()), f"some kill hit nothing: {killed}"


def test_nothing_is_lost_when_the_whole_tree_is_killed_and_started_again(faulty: Cluster) -> None:
    with receiving() as receiver, faulty.client() as client:
        secret = client.post(f"/webhooks/{EVENT}", data={"url": receiver.url}).json()["secret"]
        with ThreadPoolExecutor(16) as pool:
            ids = list(pool.map(lambda number: submit(client, number), range(TASKS)))
        faulty.kill_all()
        unfinished = TASKS - len({item.json["id"] for item in receiver.received})
        faulty.start()
        assert_nothing_lost(client, receiver, secret, ids)
    assert unfinished > 0, "everything had ended before the kill: this run proved nothing"
