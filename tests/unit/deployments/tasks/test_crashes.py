"""Processes that die at the worst moment, and disks that fill up."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from deployments.tasks.database import migrate, open_database, writing
from deployments.tasks.store import TaskStore
from deployments.tasks.task import State
from deployments.tasks.webhooks import Webhooks
from tests.unit.deployments.tasks.samples import EVENT, URL, Clock, claim_one, finish, row_counts, spec

_KILLED = -9
_DIES = """
import os, signal, sys
from sqlalchemy import event
from deployments.tasks.database import open_database
from deployments.tasks.idempotency import Idempotency, StoredReply
from deployments.tasks.store import TaskStore
from deployments.tasks.task import Completed
from tests.unit.deployments.tasks.samples import spec

url, action, moment = sys.argv[1:]
engine = open_database(url)
store, keys = TaskStore(engine), Idempotency(engine)

def submit():
    key = keys.begin("bank POST /tasks", "key-1").match("f" * 64)
    yield
    store.submit(spec(), reply=lambda task: StoredReply(200, task.id.encode(), "text/plain"), key=key)

def finish():
    (task,) = store.claim("worker", 1, 60)
    yield
    assert store.finish(task.id, task.lease, Completed({"done": True}))

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

steps = {"submit": submit, "finish": finish}[action]()
next(steps)
if moment == "before":
    event.listen(engine, "commit", die)  # Fires when all rows are written and the commit is about to be sent.
next(steps, None)
die()
"""


def _die(url: str, action: str, moment: str) -> None:
    assert subprocess.run([sys.executable, "-c", _DIES, url, action, moment], check=False).returncode == _KILLED


def test_process_killed_before_the_commit_leaves_no_task(store: TaskStore, database_url: str, engine: Engine) -> None:
    _die(database_url, "submit", "before")
    assert row_counts(engine) == {"idempotency": 1}  # The claim of its key, which expires.
    assert store.claim("worker", 10, 30) == []


def test_process_killed_after_the_commit_leaves_the_task_and_its_reply(database_url: str, engine: Engine) -> None:
    _die(database_url, "submit", "after")
    assert row_counts(engine) == {"tasks": 1, "blobs": 1, "idempotency": 1}
    assert claim_one(TaskStore(engine)).state is State.RUNNING


def test_process_killed_while_finishing_leaves_the_task_to_the_next_claim(
    store: TaskStore, database_url: str, engine: Engine, webhooks: Webhooks
) -> None:
    webhooks.register("bank", EVENT, URL)
    task = TaskStore(engine).submit(spec())
    _die(database_url, "finish", "before")
    assert "deliveries" not in row_counts(engine)
    later = Clock()
    later.advance(1e10)
    again = claim_one(TaskStore(engine, later))
    assert (again.id, again.attempts) == (task.id, 2)
    assert finish(store, again)
    assert row_counts(engine)["deliveries"] == 1


def test_process_killed_after_finishing_leaves_the_result_and_one_delivery(
    database_url: str, engine: Engine, webhooks: Webhooks
) -> None:
    webhooks.register("bank", EVENT, URL)
    store = TaskStore(engine)
    task = store.submit(spec())
    _die(database_url, "finish", "after")
    read = store.get("bank", task.id)
    assert read is not None
    assert (read.state, read.report) == (State.COMPLETED, {"done": True})
    assert row_counts(engine)["deliveries"] == 1


def test_full_database_refuses_a_task_whole_and_takes_tasks_again_when_there_is_room(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'tasks.db'}", pool_size=1)
    migrate(engine)
    store = TaskStore(engine)
    store.submit(spec())
    before = row_counts(engine)
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(OperationalError, match="full"):
        store.submit(spec(options={"padding": "x" * 100_000}))
    assert row_counts(engine) == before
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    store.submit(spec(options={"padding": "x" * 100_000}))
    engine.dispose()


def test_error_inside_a_transaction_leaves_the_next_one_clean(engine: Engine, store: TaskStore) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine):
        raise ZeroDivisionError
    assert store.submit(spec()).state is State.QUEUED
