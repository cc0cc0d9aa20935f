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
def account(api: Api) -> tuple[str, str]:
    """An account that nobody else uses."""
    return api.new_account()


@pytest.fixture
def client(api: Api, account: tuple[str, str]) -> Iterator[httpx.Client]:
    """A client with a token of that account."""
    with api.client(account) as client:
        yield client
