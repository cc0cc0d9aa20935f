"""API tokens of the Sensity-compatible facade (contracts 2.1)."""

import base64
import json
import time
from typing import Any

import httpx
import jwt
import pytest

from deployments.tasks.schema import metadata
from tests.contract.files import JPEG
from tests.contract.serving import Api

PROBE = "/tasks/liveness_detection/none"
"""Answers 404 to whoever may ask, and 401 or 403 to everybody else."""


def asked_with(api: Api, authorization: str | None) -> int:
    with api.anonymous() as client:
        headers = {"Authorization": authorization} if authorization is not None else {}
        return client.get(PROBE, headers=headers).status_code


def issued(api: Api, account: tuple[str, str]) -> dict[str, Any]:
    with api.anonymous() as client:
        reply = client.post("/auth/tokens", auth=account)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def forged(claims: dict[str, Any], key: str, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm)


def test_a_token_says_whose_it_is_and_lasts_a_year(api: Api) -> None:
    account = api.new_account()
    body = issued(api, account)
    assert set(body) == {"claims", "id", "success", "token"}
    claims = body["claims"]
    assert {"iss", "aud", "sub", "jti", "iat", "exp"} <= set(claims)
    assert (claims["sub"], claims["jti"], claims["aud"]) == (account[0], body["id"], "https://api.test")
    assert claims["exp"] - claims["iat"] == 365 * 86_400
    assert jwt.decode(body["token"], options={"verify_signature": False}) == claims


def test_a_raw_token_and_a_bearer_token_give_the_same_result(api: Api) -> None:
    token = issued(api, api.new_account())["token"]
    assert [asked_with(api, sent) for sent in (token, f"Bearer {token}", f"bearer  {token}", f"BEARER {token}")] == [
        404
    ] * 4


def test_basic_on_tasks_and_a_token_on_auth_are_both_refused(api: Api) -> None:
    account = api.new_account()
    token = issued(api, account)["token"]
    with api.anonymous() as client:
        with_password = client.get(PROBE, auth=account)
        with_token = client.post("/auth/tokens", headers={"Authorization": f"Bearer {token}"})
    assert (with_password.status_code, with_password.headers["www-authenticate"]) == (401, 'Bearer realm="veriscope"')
    assert (with_token.status_code, with_token.headers["www-authenticate"]) == (401, 'Basic realm="veriscope"')
    assert with_token.json()["code"] == with_password.json()["code"] == "unauthorized"


def test_a_wrong_password_and_an_unknown_account_are_told_apart_by_nothing(api: Api) -> None:
    account = api.new_account()
    with api.anonymous() as client:
        wrong = client.post("/auth/tokens", auth=(account[0], "wrong"))
        unknown = client.post("/auth/tokens", auth=("nobody", "wrong"))
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


@pytest.mark.parametrize(
    "sent",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b"\xff:").decode(),
    ],
)
def test_garbled_basic_credentials_are_refused(api: Api, sent: str) -> None:
    with api.anonymous() as client:
        assert client.get("/auth/tokens", headers={"Authorization": sent}).status_code == 401


def test_tokens_that_this_installation_did_not_sign_are_refused(api: Api) -> None:
    account = api.new_account()
    body = issued(api, account)
    claims, key = body["claims"], api.settings.signing_key
    now = int(time.time())
    bad = {
        "other key": forged(claims, "another key that is long enough to be one"),
        "other algorithm": forged(claims, key, "HS512"),
        "no signature": forged(claims, "", "none"),
        "cut": body["token"][:-3],
        "signature of another": body["token"].rpartition(".")[0] + "." + forged({}, key).rpartition(".")[2],
        "expired": forged(claims | {"exp": now - 1}, key),
        "for somebody else": forged(claims | {"aud": "https://elsewhere"}, key),
        "by somebody else": forged(claims | {"iss": "https://elsewhere"}, key),
        "never issued": forged(claims | {"jti": "0" * 32}, key),
        "without an end": forged({name: value for name, value in claims.items() if name != "exp"}, key),
        "garbage": "garbage",
        "too long": "x" * 10_000,
        "two words": f"{body['token']} {body['token']}",
        "empty": "",
        "only a scheme": "Bearer",
    }
    assert {name: asked_with(api, sent) for name, sent in bad.items()} == dict.fromkeys(bad, 401)
    assert asked_with(api, None) == 401
    assert asked_with(api, body["token"]) == 404


def test_two_authorization_headers_are_refused(api: Api) -> None:
    token = issued(api, api.new_account())["token"]
    with api.anonymous() as client:
        assert client.get(PROBE, headers=[("Authorization", token), ("Authorization", token)]).status_code == 401


def test_a_deleted_token_is_refused_at_once_and_the_others_stay(api: Api) -> None:
    account = api.new_account()
    first, second = issued(api, account), issued(api, account)
    assert asked_with(api, first["token"]) == 404
    with api.anonymous() as client:
        reply = client.delete(f"/auth/tokens/{first['id']}", auth=account)
        assert reply.json() == {"deleted_tokens": [first["id"]], "success": True}
        assert client.delete(f"/auth/tokens/{first['id']}", auth=account).status_code == 404
    assert asked_with(api, first["token"]) == 401
    assert asked_with(api, second["token"]) == 404


def test_deleting_all_tokens_is_idempotent(api: Api) -> None:
    account = api.new_account()
    ids = {issued(api, account)["id"] for _ in range(2)}
    with api.anonymous() as client:
        assert set(client.delete("/auth/tokens", auth=account).json()["deleted_tokens"]) == ids
        again = client.delete("/auth/tokens", auth=account)
        assert (again.status_code, again.json()) == (200, {"deleted_tokens": [], "success": True})


def test_tokens_are_listed_by_id_for_their_account_only(api: Api) -> None:
    account, stranger = api.new_account(), api.new_account()
    token = issued(api, account)
    with api.anonymous() as client:
        assert client.get("/auth/tokens", auth=account).json() == {
            "claims": {token["id"]: token["claims"]},
            "success": True,
        }
        one = client.get(f"/auth/tokens/{token['id']}", auth=account)
        assert one.json() == {"claims": token["claims"], "success": True}
        assert client.get("/auth/tokens", auth=stranger).json()["claims"] == {}
        assert client.get(f"/auth/tokens/{token['id']}", auth=stranger).status_code == 404
        assert client.delete(f"/auth/tokens/{token['id']}", auth=stranger).status_code == 404
    assert asked_with(api, token["token"]) == 404


def test_a_token_does_only_what_its_scope_allows(api: Api) -> None:
    with api.client(scope="tasks:read") as client:
        assert client.get(PROBE).status_code == 404
        reply = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", JPEG)})
        assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
        assert client.get("/webhooks/voice_analysis_complete").status_code == 403
        assert client.get("/v1/galleries").status_code == 403
        assert client.delete("/v1/reports/none").status_code == 403


def test_an_unknown_scope_is_refused(api: Api) -> None:
    with api.anonymous() as client:
        reply = client.post("/auth/tokens", auth=api.new_account(), data={"scope": "tasks:read root"})
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_parameter")
    assert "root" not in reply.text


def test_whatever_body_a_vendors_client_sends_with_the_token_request_is_ignored(api: Api) -> None:
    with api.anonymous() as client:
        sent = {"content": json.dumps({}), "headers": {"Content-Type": "application/json"}}
        assert client.post("/auth/tokens", auth=api.new_account(), **sent).status_code == 200  # type: ignore[arg-type]


def test_neither_tokens_nor_passwords_are_kept_in_the_database(api: Api) -> None:
    account = (f"keeper-{time.monotonic_ns()}", "a password to look for")
    api.accounts.add(*account)
    with api.anonymous() as client:
        token = client.post("/auth/tokens", auth=account, headers={"Idempotency-Key": "once"}).json()["token"]
    with api.engine.connect() as connection:
        content = "".join(str(list(connection.execute(table.select()))) for table in metadata.sorted_tables)
    assert account[0] in content
    assert token.rpartition(".")[2] not in content
    assert account[1] not in content


def test_a_replayed_token_request_answers_the_same_token(api: Api) -> None:
    account = api.new_account()
    with api.anonymous() as client:
        first, again = (client.post("/auth/tokens", auth=account, headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert len(client.get("/auth/tokens", auth=account).json()["claims"]) == 1
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_passwords_with_colons_and_umlauts_work(api: Api) -> None:
    account = (f"umlaut-{time.monotonic_ns()}", "grün:weiß")
    api.accounts.add(*account)
    credentials = base64.b64encode(":".join(account).encode()).decode()
    with api.anonymous() as client:
        reply = client.post("/auth/tokens", headers={"Authorization": f"basic {credentials}"})
    assert reply.status_code == 200


def test_the_token_shown_works(api: Api) -> None:
    token = issued(api, api.new_account())["token"]
    with httpx.Client(base_url=api.base_url, headers={"Authorization": token}, verify=False) as client:
        assert client.get("/webhooks/voice_analysis_complete").status_code == 200
