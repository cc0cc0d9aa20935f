"""Challenges of active liveness: signed, for one account, good once and for minutes."""

import itertools
import threading
import time
from pathlib import Path

import httpx
import jwt
import pytest

from deployments.ingress.challenges import LIFE_S
from pipelines.identity.active_liveness.challenge import Action
from tests.contract.files import JPEG
from tests.contract.serving import Api

CHALLENGES, LIVENESS, SENSITY = "/v1/liveness/challenges", "/v1/liveness", "/tasks/liveness_detection"
SELFIE = {"file": ("selfie.jpg", JPEG)}
BOTH = pytest.mark.parametrize("path", [LIVENESS, SENSITY])


def challenge(client: httpx.Client) -> str:
    reply = client.post(CHALLENGES)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["token"])


def answer(client: httpx.Client, path: str, token: str, **more: object) -> httpx.Response:
    return client.post(path, files=SELFIE, data={"session_info": token}, **more)  # type: ignore[arg-type]


def refused(reply: httpx.Response) -> bool:
    body = reply.json()
    code = body.get("code") or body["type"].rpartition("/")[2].replace("-", "_")
    return reply.status_code == 400 and code == "invalid_session_info"


@pytest.mark.parametrize("path", [CHALLENGES, "/liveness/challenges"])
def test_a_challenge_holds_random_steps_with_one_approach_and_none_twice_in_a_row(
    client: httpx.Client, path: str
) -> None:
    drawn = []
    for _ in range(20):
        body = client.post(path).json()
        actions = [step["action"] for step in body["steps"]]
        assert 4 <= len(actions) <= 5
        assert actions.count(Action.MOVE_CLOSER) == 1
        assert all(first != second for first, second in itertools.pairwise(actions))
        assert all(step["at_least_s"] > 0 and step["instruction"] for step in body["steps"])
        drawn.append(tuple(actions))
    assert len(set(drawn)) > 15


def test_nobody_draws_challenges_until_one_fits(tmp_path: Path) -> None:
    api = Api(tmp_path, options={"challenge_rate": 2})
    api.start()
    with api.client() as client:
        assert [client.post(CHALLENGES).status_code for _ in range(2)] == [201, 201]
        third = client.post("/liveness/challenges")
        assert third.status_code == 429
        assert int(third.headers["retry-after"]) >= 1
        assert '"challenges";r=0' in third.headers["ratelimit"]
        assert client.post(LIVENESS, files=SELFIE).status_code == 202
        with api.client() as other:
            assert other.post(CHALLENGES).status_code == 201
    api.stop()


@BOTH
def test_the_recording_carries_the_challenge_to_the_pipeline(api: Api, client: httpx.Client, path: str) -> None:
    issued = client.post(CHALLENGES).json()
    reply = answer(client, path, issued["token"])
    body = reply.json()
    task = next(t for t in api.store.claim("test", 10_000, 60) if t.id in (body.get("id"), body.get("report_id")))
    asked = task.spec.options["challenge"]
    assert asked["id"] == issued["id"]
    assert [s["action"] for s in asked["steps"]] == [s["action"] for s in issued["steps"]]


@BOTH
def test_a_challenge_is_answered_once(client: httpx.Client, path: str) -> None:
    token = challenge(client)
    assert answer(client, path, token).status_code in (200, 202)
    assert refused(answer(client, path, token))


def test_a_challenge_answered_at_one_api_is_used_up_at_the_other(client: httpx.Client) -> None:
    token = challenge(client)
    assert answer(client, SENSITY, token).status_code == 200
    assert refused(answer(client, LIVENESS, token))


def test_of_many_answers_at_the_same_moment_one_is_taken(api: Api) -> None:
    account = api.new_account()
    with api.client(account) as client:
        token = challenge(client)
    found: list[int] = []

    def send() -> None:
        with api.client(account) as own:
            found.append(answer(own, LIVENESS, token).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [202, 400, 400, 400, 400, 400]


@BOTH
def test_a_request_that_is_refused_for_another_reason_leaves_the_challenge_good(
    client: httpx.Client, path: str
) -> None:
    token = challenge(client)
    refusal = client.post(path, files={"additional_info": (None, "x")}, data={"session_info": token})
    assert refusal.status_code == 400
    assert not refused(refusal)
    assert answer(client, path, token).status_code in (200, 202)


@BOTH
def test_an_idempotent_replay_is_answered_as_before(client: httpx.Client, path: str) -> None:
    token, key = challenge(client), {"Idempotency-Key": "order-1"}
    first, again = (answer(client, path, token, headers=key) for _ in range(2))
    assert first.status_code in (200, 202)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"


@BOTH
def test_the_challenge_of_another_account_is_refused(api: Api, client: httpx.Client, path: str) -> None:
    with api.client() as other:
        token = challenge(other)
    assert refused(answer(client, path, token))


@BOTH
@pytest.mark.parametrize("change", ["expired", "other key", "unsigned", "steps", "access token", "text", "not ascii"])
def test_what_was_not_set_here_or_has_expired_is_refused(
    api: Api, client: httpx.Client, path: str, change: str
) -> None:
    token = challenge(client)
    claims = jwt.decode(token, options={"verify_signature": False})
    key = api.settings.signing_key
    head, _, signature = token.split(".")
    easier = jwt.encode(claims | {"steps": [{"action": "blink", "at_least_s": 0.1}]}, "x" * 32, "HS256").split(".")[1]
    forged = {
        "expired": jwt.encode(claims | {"exp": int(time.time()) - 1, "iat": int(time.time()) - LIFE_S}, key, "HS256"),
        "other key": jwt.encode(claims, "x" * 32, "HS256"),
        "unsigned": jwt.encode(claims, "", "none"),
        "steps": f"{head}.{easier}.{signature}",
        "access token": client.headers["Authorization"],
        "text": "jane-doe",
        "not ascii": "\u00e9" * 20,
    }[change]
    assert refused(answer(client, path, forged))


def test_a_challenge_is_no_access_token(api: Api, client: httpx.Client) -> None:
    with api.anonymous() as stranger:
        assert stranger.post(CHALLENGES, headers={"Authorization": challenge(client)}).status_code == 401


def test_setting_a_challenge_needs_the_scope_and_refuses_as_a_problem(api: Api) -> None:
    with api.client(scope="tasks:read") as reading:
        reply = reading.post("/liveness/challenges")
    assert reply.status_code == 403
    assert reply.headers["content-type"] == "application/problem+json"
