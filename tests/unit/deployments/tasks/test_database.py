"""The schema and how it comes to be."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from deployments.tasks import statements
from deployments.tasks.database import migrate, open_database, reader
from deployments.tasks.idempotency import IdempotencyClaim
from deployments.tasks.schema import metadata
from deployments.tasks.store import TaskStore
from tests.unit.deployments.tasks.samples import spec

_MIGRATE = """
import sys
from deployments.tasks import statements
from deployments.tasks.database import migrate, open_database
sys.stdin.readline()
migrate(open_database(sys.argv[1]))
"""


def test_migrations_build_exactly_the_tables_the_code_reads(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_form_one_line() -> None:
    assert (
        len(
            ScriptDirectory(
                str(Path(sys.modules["deployments.tasks"].__file__ or "").parent / "migrations")
            ).get_heads()
        )
        == 1
    )


def test_migrating_again_keeps_the_data(engine: Engine, store: TaskStore) -> None:
    task = store.submit(spec())
    migrate(engine)
    assert store.get("bank", task.id) == task


def _migrate_at_once(url: str) -> None:
    starting = [subprocess.Popen([sys.executable, "-c", _MIGRATE, url], stdin=subprocess.PIPE) for _ in range(3)]
    for process in starting:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait(60) for process in starting] == [0, 0, 0]


def test_processes_that_start_at_once_on_a_new_file_all_find_the_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'tasks.db'}"
    (tmp_path / "new").mkdir()
    _migrate_at_once(url)
    assert set(metadata.tables) < set(inspect(open_database(url)).get_table_names())


@pytest.mark.postgres
def test_processes_that_start_at_once_on_a_new_server_all_find_the_schema(postgres_server: str) -> None:
    url = postgres_server.replace("/veriscope", "/fresh")
    admin = open_database(postgres_server)
    with reader(admin).connect() as connection:
        connection.execute(text("CREATE DATABASE fresh"))
    fresh = open_database(url)
    try:
        _migrate_at_once(url)
        assert set(metadata.tables) < set(inspect(fresh).get_table_names())
    finally:
        fresh.dispose()
        with reader(admin).connect() as connection:
            connection.execute(text("DROP DATABASE fresh"))
        admin.dispose()


def test_sqlite_syncs_every_commit_and_enforces_foreign_keys(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'tasks.db'}")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "postgresql+psycopg2://host/name"]
)
def test_database_that_could_lose_tasks_is_refused(url: str) -> None:
    with pytest.raises((ValueError, ImportError)):
        open_database(url)


def test_idle_claim_reads_open_tasks_only_through_their_index(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'tasks.db'}")
    migrate(engine)
    query = statements.ANY_READY.params(now=1.0).compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
    assert "COVERING INDEX ix_tasks_open" in plan
    engine.dispose()


def test_identifier_no_database_can_hold_finds_nothing(store: TaskStore) -> None:
    store.submit(spec())
    for odd in ("a\0b", "\ud800", "\ud800\0", "ü" * 400):
        assert store.get("bank", odd) is None
        assert store.get(odd, odd) is None
        assert store.erase("bank", odd) is None


def test_database_error_names_no_parameter(store: TaskStore, engine: Engine) -> None:
    claim = IdempotencyClaim(scope="secret scope", key="secret key", state="new", token="secret token")
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE idempotency RENAME TO hidden")
    try:
        with pytest.raises(DBAPIError) as failure:
            store.submit(spec(additional_info="Jane Roe"), key=claim)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO idempotency")
    assert "idempotency" in str(failure.value)
    assert "secret" not in str(failure.value)
    assert "Jane Roe" not in str(failure.value)
