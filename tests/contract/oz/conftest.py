"""Clients for the tests of the Oz-compatible API."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.oz.serving import signed_in
from tests.contract.serving import Api


@pytest.fixture
def oz(api: Api) -> Iterator[httpx.Client]:
    """A client signed in to an account of its own."""
    with signed_in(api) as client:
        yield client
