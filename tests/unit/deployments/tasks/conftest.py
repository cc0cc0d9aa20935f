"""A migrated database for each test, empty, on SQLite and on a real PostgreSQL server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from deployments.tasks.database import migrate, open_database
from deployments.tasks.idempotency import Idempotency
from deployments.tasks.outbox import Outbox
from deployments.tasks.schema import metadata
from deployments.tasks.store import TaskStore
from deployments.tasks.webhooks import Webhooks
from tests.servers import postgres_server, s3_server  # noqa: F401
from tests.unit.deployments.tasks.samples import Clock


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: migrating anew for every test would take most of the suite's time."""
    path = tmp_path_factory.mktemp("template") / "tasks.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_server(postgres_server: str) -> str:  # noqa: F811
    """URL of a migrated PostgreSQL database."""
    engine = open_database(postgres_server)
    migrate(engine)
    engine.dispose()
    return postgres_server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a migrated, empty database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "tasks.db")
        return f"sqlite:///{tmp_path / 'tasks.db'}"
    url: str = request.getfixturevalue("migrated_server")
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(table.name for table in metadata.sorted_tables)}"))
    engine.dispose()
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(engine: Engine, clock: Clock) -> TaskStore:
    return TaskStore(engine, clock)


@pytest.fixture
def webhooks(engine: Engine, clock: Clock) -> Webhooks:
    return Webhooks(engine, clock)


@pytest.fixture
def outbox(engine: Engine, clock: Clock) -> Outbox:
    return Outbox(engine, clock)


@pytest.fixture
def idempotency(engine: Engine, clock: Clock) -> Idempotency:
    return Idempotency(engine, clock)
