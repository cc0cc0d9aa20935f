"""Sessions of the Oz-compatible API over real HTTP (contracts 4.1)."""

from typing import Any

from tests.contract.oz.serving import (
    HEADER,
    opened,
    refused,
)
from tests.contract.serving import Api


def test_tokens_that_are_missing_unknown_or_expired_are_told_apart(api: Api) -> None:
    with api.anonymous() as client:
        assert refused(client.get("/api/folders")) == (401, 6)
        assert refused(client.get("/api/folders", headers={HEADER: "no"})) == (401, 7)
        account = api.new_account()
        pair = opened(client, account)
        with api.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE sessions SET expires_at = 1 WHERE account = '{account[0]}'")
        assert refused(client.get("/api/folders", headers={HEADER: pair["access_token"]})) == (401, 8)


def test_a_wrong_password_is_refused(api: Api) -> None:
    with api.anonymous() as client:
        body = {"credentials": {"email": api.account[0], "password": "wrong"}}
        assert refused(client.post("/api/authorize/auth", json=body)) == (401, 7)
        assert refused(client.post("/api/authorize/auth", json={})) == (400, 3)


def test_refreshing_replaces_the_pair_at_the_first_use_of_the_new(api: Api) -> None:
    with api.anonymous() as client:
        old = opened(client, api.new_account())
        header = {HEADER: old["access_token"]}
        new = client.post("/api/authorize/refresh/", json={"expire_token": old["expire_token"]}, headers=header).json()
        assert client.get("/api/folders", headers=header).status_code == 200
        assert client.get("/api/folders", headers={HEADER: new["access_token"]}).status_code == 200
        assert refused(client.get("/api/folders", headers=header)) == (401, 7)


def test_refresh_errors_are_the_vendors(api: Api) -> None:
    with api.anonymous() as client:
        pair, other = opened(client, api.new_account()), opened(client, api.new_account())
        header = {HEADER: pair["access_token"]}

        def refresh(body: dict[str, Any]) -> tuple[int, str]:
            reply = client.post("/api/authorize/refresh", json=body, headers=header)
            return reply.status_code, reply.json()["error_message"]

        assert refresh({}) == (400, "Could not locate field for key_path expire_token from provided dict data")
        assert refresh({"expire_token": "no"}) == (401, "Session not found")
        assert refresh({"expire_token": other["expire_token"]}) == (
            403, "You have not access to refresh this session",
        )  # fmt: skip
