"""Clients of the ShareID-compatible API, whose credentials stand in the form."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.serving import Api


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    with api.anonymous() as client:
        yield client
