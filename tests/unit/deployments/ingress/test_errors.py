"""Error shapes and who owns which path."""

import json

import pytest

from deployments.ingress.errors import TAXONOMY, ApiError, rate_limited
from deployments.ingress.facades import owner
from deployments.ingress.native.errors import NATIVE
from deployments.ingress.sensity.errors import SENSITY


@pytest.mark.parametrize(
    ("path", "facade"),
    [
        ("/tasks/x", SENSITY),
        ("/tasks", SENSITY),
        ("/auth/tokens", SENSITY),
        ("/webhooks/x", SENSITY),
        ("/sensity", SENSITY),
        ("/v1/tasks", NATIVE),
        ("/Tasks", NATIVE),
        ("/tasksx", NATIVE),
        ("/", NATIVE),
        ("", NATIVE),
        ("*", NATIVE),
    ],
)
def test_the_first_segment_decides_who_owns_a_path(path: str, facade: object) -> None:
    assert owner(path) is facade


@pytest.mark.parametrize("code", list(TAXONOMY))
def test_every_code_has_both_shapes(code: str) -> None:
    error = ApiError(code)
    sensity = json.loads(SENSITY.error_body(error, "r", "host", "/tasks"))
    assert sensity == {"success": False, "error": error.title, "code": code, "request_id": "r"}
    problem = json.loads(NATIVE.error_body(error, "r", "host", "/v1/x"))
    assert problem["status"] == error.status == TAXONOMY[code][0]
    assert problem["type"] == f"https://host/problems/{code.replace('_', '-')}"
    assert "errors" not in problem


def test_a_problem_points_at_the_parameter_it_is_about() -> None:
    error = ApiError("invalid_parameter", "limit must be a number", pointer="#/limit")
    problem = json.loads(NATIVE.error_body(error, "r", "host", "/v1/x"))
    assert problem["errors"] == [{"pointer": "#/limit", "detail": "limit must be a number"}]


@pytest.mark.parametrize(("seconds", "header"), [(0.0, "1"), (0.4, "1"), (17.2, "17"), (60, "60")])
def test_the_wait_is_told_in_whole_seconds_of_at_least_one(seconds: float, header: str) -> None:
    assert rate_limited(seconds).headers == {"Retry-After": header}
