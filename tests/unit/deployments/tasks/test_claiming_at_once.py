"""Many workers, threads and processes, at the same table at the same moment."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from deployments.tasks.store import TaskStore
from deployments.tasks.task import Completed, State
from tests.unit.deployments.tasks.samples import REPORT, Clock, finish, spec

_WORKER = """
import sys
from deployments.tasks.database import open_database
from deployments.tasks.store import TaskStore
from deployments.tasks.task import Completed

store = TaskStore(open_database(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
while tasks := store.claim(sys.argv[2], 3, 60):
    for task in tasks:
        assert store.finish(task.id, task.lease, Completed({"worker": sys.argv[2]}))
        print(task.id, flush=True)
"""


def test_processes_that_claim_at_once_never_get_the_same_task(store: TaskStore, database_url: str) -> None:
    submitted = [store.submit(spec()).id for _ in range(60)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, database_url, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b", "c")
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    claimed = {}
    for name, worker in zip("abc", workers, strict=True):
        output, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0
        claimed[name] = output.split()
    assert sorted(task_id for ids in claimed.values() for task_id in ids) == submitted
    for name, ids in claimed.items():
        for task_id in ids:
            task = store.get("bank", task_id)
            assert task is not None
            assert (task.attempts, task.report) == (1, {"worker": name})


def test_threads_that_claim_at_once_never_get_the_same_task(store: TaskStore) -> None:
    submitted = {store.submit(spec()).id for _ in range(40)}
    start = Barrier(8)

    def work(name: int) -> list[str]:
        start.wait()
        found = []
        while tasks := store.claim(str(name), 2, 60):
            found += [task.id for task in tasks]
        return found

    with ThreadPoolExecutor(8) as pool:
        claimed = [task_id for ids in pool.map(work, range(8)) for task_id in ids]
    assert len(claimed) == len(set(claimed))
    # On PostgreSQL a claim passes over rows another one holds at that moment; they stay claimable.
    claimed += [task.id for task in store.claim("last", 40, 60)]
    assert set(claimed) == submitted
    assert len(claimed) == 40


def test_only_one_of_many_that_finish_at_once_is_believed(store: TaskStore, engine: Engine, clock: Clock) -> None:
    task = store.submit(spec())
    holders = []
    for _ in range(3):
        holders += store.claim("worker", 1, 30)
        clock.advance(30)
    start = Barrier(len(holders))

    def end(index: int) -> bool:
        start.wait()
        return finish(store, holders[index], Completed({"holder": index}))

    with ThreadPoolExecutor(len(holders)) as pool:
        believed = list(pool.map(end, range(len(holders))))
    assert believed == [False, False, True]
    read = store.get("bank", task.id)
    assert read is not None
    assert read.report == {"holder": 2}


def test_submissions_at_once_are_all_kept(store: TaskStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = {task.id for task in pool.map(lambda _: store.submit(spec()), range(40))}
    assert len(ids) == 40
    assert {task.id for task in store.list("bank", 100)} == ids
    assert store.depth() == {State.QUEUED: 40, State.RUNNING: 0}


@pytest.mark.parametrize("lease_s", [1e-3])
def test_task_is_claimed_at_most_three_times_however_many_workers_let_it_expire(
    store: TaskStore, clock: Clock, lease_s: float
) -> None:
    task = store.submit(spec())
    claims = []
    for _ in range(20):
        claims += store.claim("worker", 1, lease_s)
        clock.advance(1)
    assert [claim.attempts for claim in claims] == [1, 2, 3]
    read = store.get("bank", task.id)
    assert read is not None
    assert read.error_code == "worker_lost"
    assert not finish(store, claims[-1], Completed(REPORT))
