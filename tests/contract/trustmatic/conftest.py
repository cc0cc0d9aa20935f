"""Clients of the Trustmatic-compatible API, which sends name and password with every request."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.serving import Api


@pytest.fixture
def client(api: Api, account: tuple[str, str]) -> Iterator[httpx.Client]:
    with api.anonymous() as client:
        client.auth = account
        yield client
