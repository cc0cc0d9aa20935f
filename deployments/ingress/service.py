"""Endpoints about the installation itself (contracts 1.7)."""

from importlib.metadata import version
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from deployments.ingress.intake import Intake, intake_of, json_reply, respond
from deployments.ingress.metrics import Metrics
from deployments.ingress.openapi import reply
from models.cards import Card, all_cards
from models.weights import lock

router = APIRouter(tags=["Service"])

FACADE_VERSIONS = {
    "sensity": "2.36.46",
    "senseid": "1.8.0",
    "oz": "6.0.1",
    "trustmatic": "1",
    "idlive": "1",
    "shareid": "1",
    "native": "1",
}
_READY = {"status": "ready", "pipelines": {"dispatcher": "ready", "media": "ready", "vision": "ready"}}
_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
_VERSION = {
    "core": "0.1.0",
    "models": [{"name": "face/detector", "version": "2023mar", "sha256": _SHA256, "license": "MIT"}],
    "facades": FACADE_VERSIONS,
}
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The process is up", "content": {"text/plain": {"example": "pong"}}}
}


class Readiness(BaseModel):
    """Whether every component is ready, and each of them: `ready`, or why it is not."""

    status: Literal["ready", "not_ready"]
    pipelines: dict[str, str]


class Model(BaseModel):
    """A model and the weights behind it; `sha256` is of the first file, None where it has none."""

    model_config = ConfigDict(extra="allow")

    name: str
    version: str
    sha256: str | None
    license: str


class Version(BaseModel):
    """What runs here."""

    core: str
    models: list[Model]
    facades: dict[str, str]


@router.get("/ping", response_class=PlainTextResponse, responses=_TEXT)
@router.get("/healthz", response_class=PlainTextResponse, responses=_TEXT)
async def ping(request: Request) -> Response:
    """The process is up."""
    return PlainTextResponse("pong")


@router.get(
    "/readyz",
    response_model=Readiness,
    responses=reply("Every component is ready", _READY)
    | {
        503: {
            "description": "At least one component is not ready",
            "content": {
                "application/json": {"example": {"status": "not_ready", "pipelines": {"media": "unavailable"}}}
            },
        }
    },
)
async def readiness(request: Request) -> Response:
    """Whether tasks are being worked on. Tasks are accepted meanwhile, and wait."""
    components = await intake_of(request).backend.readiness()
    ready = all(state == "ready" for state in components.values())
    body = {"status": "ready" if ready else "not_ready", "pipelines": components}
    return respond(json_reply(body, 200 if ready else 503))


@router.get("/version", response_model=Version, responses=reply("Versions", _VERSION))
async def versions(request: Request) -> Response:
    """The core, the models with the weights they are locked to, and the facades."""
    return respond(await intake_of(request).threads.call(_versions))


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus text format", "content": {"text/plain": {"example": "# HELP ..."}}}},
)
async def metrics(request: Request) -> Response:
    """Requests, their durations, and tasks by state, for Prometheus."""
    intake: Intake = intake_of(request)
    gauges: Metrics = request.app.state.metrics
    depth = await intake.threads.call(intake.backend.tasks.depth)
    return Response(gauges.expose({state.value: n for state, n in depth.items()}), media_type=gauges.content_type)


def _versions() -> Any:
    models = [_model(card) for card in all_cards()]
    return json_reply({"core": version("veriscope"), "models": models, "facades": FACADE_VERSIONS})


def _model(card: Card) -> dict[str, Any]:
    weights = [{"name": name, "sha256": lock()[name].sha256} for name in card.weights if name in lock()]
    first = weights[0]["sha256"] if weights else None
    return {"name": card.name, "version": card.version, "sha256": first, "license": card.licence, "weights": weights}
