"""Who is let in: everyone on loopback, signed requests, or tokens (contracts 3.2)."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deployments.ingress.senseid.auth import signature
from deployments.settings import SenseIdSettings, Settings
from tests.contract.judges import judged_well, judging
from tests.contract.senseid.serving import QUALITY, post
from tests.contract.serving import Api

KEY, SECRET = "testkey0123456789abcdef01234567", "testsecret0123456789abcdef012345"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    settings = SenseIdSettings(auth="hmac", keys=f"{KEY}:{SECRET}:bank")
    api = Api(tmp_path_factory.mktemp("home"), options={"senseid": settings})
    api.start()
    yield api
    api.stop()


def header(nonce: str | None = None, at: float | None = None, key: str = KEY, secret: str = SECRET) -> dict[str, str]:
    nonce, timestamp = nonce or uuid.uuid4().hex, str(round((at or time.time()) * 1000))
    digest = signature(key, secret, timestamp, nonce)
    return {"Authorization": f"key={key},timestamp={timestamp},nonce={nonce},signature={digest}"}


def ask(api: Api, headers: dict[str, str]) -> httpx.Response:
    with api.anonymous() as client, judging(api, judged_well):
        client.headers.update(headers)
        return post(client, QUALITY)


def assert_refused(reply: httpx.Response) -> None:
    body = reply.json()
    assert (reply.status_code, body["code"], body["message"]) == (401, 1100, "unauthorized")


def test_the_signature_is_that_of_the_public_cloud() -> None:
    digest = signature(KEY, SECRET, "1700000000000", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    assert digest == "7885bfded064281ca16d3f05629064558d4e7ff4be37935061f847a7d8a0f877"


def test_a_signed_request_acts_for_the_tenant_of_its_key(signed: Api) -> None:
    with signed.anonymous() as client, judging(signed, judged_well) as judged:
        client.headers.update(header())
        assert post(client, QUALITY).json()["code"] == 1000
    assert judged[0].spec.tenant == "bank"


def test_a_nonce_is_good_once_on_every_gateway_of_the_installation(signed: Api) -> None:
    sent = header()
    assert ask(signed, sent).status_code == 200
    assert_refused(ask(signed, sent))
    other = Api(signed.home, options=signed.options)
    other.start()
    try:
        assert_refused(ask(other, sent))
    finally:
        other.stop()


@pytest.mark.parametrize("away", [-310, 310])
def test_a_timestamp_more_than_five_minutes_away_is_refused(signed: Api, away: int) -> None:
    assert_refused(ask(signed, header(at=time.time() + away)))


def test_a_timestamp_within_five_minutes_will_do(signed: Api) -> None:
    assert ask(signed, header(at=time.time() - 280)).status_code == 200


def test_a_wrong_secret_an_unknown_key_and_a_changed_nonce_are_refused(signed: Api) -> None:
    good = header()["Authorization"]
    assert_refused(ask(signed, header(secret="wrong")))
    assert_refused(ask(signed, header(key="unknown")))
    assert_refused(ask(signed, {"Authorization": good.replace("nonce=", "nonce=0")}))
    assert_refused(ask(signed, {"Authorization": good + ",key=" + KEY}))
    assert_refused(ask(signed, {"Authorization": "Bearer nothing"}))
    assert_refused(ask(signed, {}))


def test_who_may_not_in_is_told_so_before_the_form_is_read_and_after_its_length(signed: Api) -> None:
    with signed.anonymous() as client:
        assert_refused(client.post(QUALITY, data={"encrypted_image": "!"}))
        assert client.post(QUALITY, content=iter([b"x"])).status_code == 411


def test_bearer_takes_the_tokens_of_the_installation(tmp_path: Path) -> None:
    api = Api(tmp_path, options={"senseid": SenseIdSettings(auth="bearer")})
    api.start()
    try:
        assert_refused(ask(api, {}))
        with api.client() as client, judging(api, judged_well):
            assert post(client, QUALITY).json()["code"] == 1000
        with api.client(scope="tasks:read") as client:
            assert post(client, QUALITY).status_code == 403
    finally:
        api.stop()


def test_only_a_loopback_installation_is_open_by_default() -> None:
    assert Settings(http_host="127.0.0.1").senseid_auth == "none"
    assert Settings(http_host="::1").senseid_auth == "none"
    assert Settings(http_host="0.0.0.0").senseid_auth == "hmac"
    assert Settings(http_host="0.0.0.0", senseid=SenseIdSettings(auth="bearer")).senseid_auth == "bearer"


def test_the_public_key_is_warned_of_until_it_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any("public default key" in warning for warning in Settings().warnings())
    monkeypatch.setenv("PARAM_DECRYPT_KEY", "k" * 32)
    monkeypatch.setenv("PARAM_DECRYPT_IV", "i" * 12)
    settings = Settings()
    assert settings.warnings() == []
    assert settings.senseid.decrypt_iv.get_secret_value() == "i" * 12


def test_keys_of_the_wrong_length_and_half_entries_are_refused() -> None:
    with pytest.raises(ValueError, match="32 ASCII"):
        SenseIdSettings(decrypt_key="short")
    with pytest.raises(ValueError, match="key:secret:tenant"):
        _ = SenseIdSettings(keys="key:secret").api_keys
