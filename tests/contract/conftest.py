"""What every contract test stands on: the HTTP face over real HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.serving import Api


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One face for all tests; each test gets an account of its own through `client`."""
    running = Api(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    """A client with a token of an account that nobody else uses."""
    with api.client() as client:
        yield client
