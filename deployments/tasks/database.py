"""Opening and migrating the database: SQLite in a file, or PostgreSQL."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite

_MIGRATION_LOCK = 0x5645524953434F50  # "VERISCOP": names the lock to every process on the same PostgreSQL database.
_BUSY_TIMEOUT_S = 30
_write_locks: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()


def open_database(url: str, *, pool_size: int = 8) -> Engine:
    """Opens `sqlite:///path/to/file.db` or `postgresql+psycopg://user@host/name`; connects on first use.

    A SQLite database runs in WAL mode with synchronous=FULL: what was committed survives a power cut. Transactions are
    begun by `writing` alone; outside it every statement is its own.
    Raises: ValueError for any other database, and for SQLite in memory, which could not be shared or survive.
    """
    parsed = make_url(url)
    # NaN is not JSON and PostgreSQL refuses it: refuse it on both, before anything is written.
    dumps = partial(json.dumps, allow_nan=False, separators=(",", ":"))
    options: dict[str, Any] = {"json_serializer": dumps, "pool_size": pool_size, "max_overflow": 2 * pool_size}
    options["hide_parameters"] = True  # Errors reach logs, and parameters hold names, URLs and tokens.
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("the SQLite database must be a file: sqlite:///path/to/file.db")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": _BUSY_TIMEOUT_S}, **options)
        event.listen(engine, "connect", _prepare_sqlite)
    elif parsed.drivername == "postgresql+psycopg":
        engine = create_engine(parsed, pool_pre_ping=True, **options)
    else:
        raise ValueError(f"unsupported database {parsed.drivername!r}: use sqlite or postgresql+psycopg")
    _write_locks[engine] = Lock()
    return engine


def reader(engine: Engine) -> Engine:
    """The same connections for single-statement reads, which need no transaction around them."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end and rolled back on any error.

    SQLite has one writer at a time: threads of this process queue on a lock, which is fair and wakes at once, instead
    of in SQLite's busy handler, which sleeps. Other processes are met by `BEGIN IMMEDIATE` and its time-out.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with _write_locks[engine], engine.begin() as connection:
        # On the driver itself: three times a task's life, SQLAlchemy's way would cost more than the statement.
        connection.connection.driver_connection.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]
        yield connection


def insert_for(engine: Engine, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT with the `ON CONFLICT` clause of this database."""
    return sqlite.insert(table) if engine.dialect.name == "sqlite" else postgresql.insert(table)


def migrate(engine: Engine) -> None:
    """Brings the schema to the newest version. Safe when several processes start at once: one migrates, others wait."""
    # Here, because Alembic takes 10 MB and half the import time of every process that only opens the database.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "deployments.tasks:migrations")
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # The driver's own implicit BEGIN is deferred and skips DDL; `writing` begins transactions instead.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
