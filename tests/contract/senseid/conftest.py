"""Clients of the SenseID-compatible API, which needs no token on loopback."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.serving import Api


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    with api.anonymous() as client:
        yield client
