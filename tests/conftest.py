"""Fixtures for every test: the running cluster, and real servers."""

import itertools

import psycopg
import pytest

from tests.running import cluster  # noqa: F401 - a fixture
from tests.servers import postgres_server, s3_server  # noqa: F401 - fixtures

_numbers = itertools.count(1)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:  # noqa: F811 - the fixture
    """URL of a database of the test's own on the real server."""
    name = f"test_{next(_numbers)}"
    administration = postgres_server.replace("+psycopg", "").rsplit("/", 1)[0] + "/postgres"
    with psycopg.connect(administration, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres_server.rsplit('/', 1)[0]}/{name}"
